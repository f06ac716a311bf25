"""Bugs of what is proved: identities, what is signed, and how (SPEC, stalk/2 §5)."""
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import payload as entries
from .bugs import BOTH, Bug, altering
from .bugs_handshake import CLIENT, SERVER, flip, identity_entry, of
from .identity import ED25519_PREFIX, Identity, read_rsa_spki, rsa_spki
from .noise import sha256
from .payload import entry

# where the parts of what is signed stand: label and 00, role, suite, h, s, server, H(payload)
LABEL, ROLE, SUITE, H, S, SERVER_HASH, PAYLOAD = 27, 28, 30, 62, 94, 126, 158


def with_part(start, end, value):
    return lambda signed: signed[:start] + value(signed[start:end]) + signed[end:]


altering("signed-other-role", "signs with the role of the other side", signed=with_part(LABEL, ROLE, lambda role: bytes([role[0] ^ 0x1B])))
altering("signed-other-suite", "signs another suite than the one in use", signed=with_part(ROLE, SUITE, lambda suite: flip(suite[::-1])))
altering("signed-stale-hash", "signs the hash of another handshake", signed=with_part(SUITE, H, sha256))
altering("signed-other-static", "signs another static key than its own", signed=with_part(H, S, sha256))
altering("signed-other-server", "signs that it speaks with another server", signed=with_part(S, SERVER_HASH, sha256))
altering("signed-other-payload", "signs another payload", signed=with_part(SERVER_HASH, PAYLOAD, sha256))
altering("signed-truncated", "signs all but the hash of the payload", signed=lambda honest: honest[:SERVER_HASH])
altering("signed-without-label", "signs without the label", signed=lambda honest: honest[LABEL:])
altering("signed-other-label", "signs under the label of something else", signed=lambda honest: honest.replace(b"identity", b"transfer"))
altering("signature-of-another", "signs with another key than the one it shows", sign=lambda _: Identity.generate().sign)
altering("signature-altered", "alters a bit of the signature", signature=flip)
altering("signature-cut", "cuts the last byte of the signature", signature=lambda honest: honest[:-1])
altering("signature-of-low-order", "sends a signature whose R is the neutral point", signature=of(b"\1" + bytes(63)))
altering("signature-missing", "shows an identity without a signature", payload=lambda honest: until_signature(honest))
altering("identity-missing", "signs, and shows no identity", unsigned=lambda honest: honest.replace(identity_entry(honest), b""))
altering("nothing-proved", "shows neither an identity nor a signature", SERVER,
         payload=lambda honest: until_signature(honest).replace(identity_entry(honest), b""))  # fmt: skip


def until_signature(payload):
    """The payload without its last entry, that of an Ed25519 signature."""
    return payload[: -(3 + 64)]


def shows(name, text, spki):
    altering(name, text, spki=spki)


shows("ed25519-short", "shows an Ed25519 key of 31 bytes", lambda honest: honest[:-1])
shows("ed25519-long", "shows an Ed25519 key of 33 bytes", lambda honest: honest + b"\0")
shows("ed25519-low-order", "shows an Ed25519 key of order 8",
      of(ED25519_PREFIX + bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")))  # fmt: skip
shows("ed25519-not-reduced", "shows an Ed25519 key whose y is not below the prime", of(ED25519_PREFIX + (2**255 - 16).to_bytes(32, "little")))
shows("spki-of-something-else", "shows a key of another algorithm", lambda honest: honest.replace(b"\x2b\x65\x70", b"\x2b\x65\x71"))
shows("identity-empty", "shows an identity of no bytes", of(b""))


def shows_rsa(name, text, change):
    """Shows numbers made from an honest RSA identity, which the peer has to be started with."""
    altering(name, text, spki=lambda honest: rsa_spki(*change(*read_rsa_spki(honest))))


shows_rsa("rsa-even-modulus", "shows an even RSA modulus", lambda n, e: (n - 1, e))
shows_rsa("rsa-odd-bits", "shows an RSA modulus of 2,049 bits", lambda n, e: (2 * n + 1, e))
shows_rsa("rsa-too-large", "shows an RSA modulus of 4,104 bits", lambda n, e: ((1 << 4103) + n, e))
shows_rsa("rsa-even-exponent", "shows an even RSA exponent", lambda n, e: (n, e + 1))
shows_rsa("rsa-exponent-1", "shows the RSA exponent 1", lambda n, e: (n, 1))
shows_rsa("rsa-exponent-huge", "shows an RSA exponent above the modulus", lambda n, e: (n, n + 2))
altering("rsa-not-canonical", "shows an RSA key with a length that is not the shortest",
         spki=lambda honest: b"\x30\x83\0" + honest[2:])  # fmt: skip


def signing(name, text, scheme, hash_algorithm):
    altering(name, text, sign=lambda honest: lambda signed: honest.__self__.key.sign(signed, scheme, hash_algorithm))


def pss(salt, hash_algorithm=hashes.SHA256()):
    return padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=salt)


signing("pss-salt-31", "signs with a salt of 31 bytes", pss(31), hashes.SHA256())
signing("pss-salt-0", "signs without a salt", pss(0), hashes.SHA256())
signing("pss-salt-33", "signs with a salt of 33 bytes", pss(33), hashes.SHA256())
signing("pss-sha512", "signs with SHA-512 for SHA-256", pss(32, hashes.SHA512()), hashes.SHA512())
signing("pkcs1-signature", "signs with PKCS #1 v1.5 for PSS", padding.PKCS1v15(), hashes.SHA256())
altering("rsa-signature-long", "puts a zero before an RSA signature", signature=lambda honest: b"\0" + honest)


class OwnIdentity(Bug):
    """A bug that is the identity itself, made when it is needed."""

    def __init__(self, name, text, make, roles=BOTH):
        super().__init__(name, text, roles, False)
        self.make = make

    def apply(self, config):
        config.identity = self.make()


OwnIdentity("rsa-1024", "has an RSA identity of 1,024 bits", lambda: Identity(rsa.generate_private_key(65537, 1024)))
OwnIdentity("rsa-exponent-3", "has an RSA identity with the exponent 3", lambda: Identity(rsa.generate_private_key(3, 2048)))
OwnIdentity("other-identity", "has another identity than the one that is pinned", Identity.generate, SERVER)
OwnIdentity("no-identity", "is anonymous where an identity is wanted", lambda: None, CLIENT)

# what the other side takes for granted of a verdict (SPEC, stalk/2 §6)

# the entry of the largest message, which stands first in an honest ACCEPT, has 7 bytes
PROTOCOL = entry(entries.PROTOCOLS, b"not/offered")
altering("accept-other-protocol", "accepts with an application protocol that was not offered", SERVER, accept=lambda honest: honest[:7] + PROTOCOL + honest[7:])
altering("accept-without-protocol", "accepts without an application protocol though some were offered", SERVER,
         accept=lambda honest: honest[:7])  # fmt: skip
altering("accept-critical-entry", "accepts with an entry that must not be ignored", SERVER,
         accept=lambda honest: honest + entry(0x80, b""))  # fmt: skip
altering("accept-trailing-byte", "accepts with a byte after the last entry", SERVER, accept=lambda honest: honest + b"\0")
altering("accept-identity", "accepts with an identity", SERVER, accept=lambda honest: entry(entries.IDENTITY, b"x") + honest)
