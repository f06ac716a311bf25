"""Identities (SPEC, identities): keys, their SubjectPublicKeyInfo, fingerprint and text, and the signatures of stalk/2 §5."""
import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from .errors import StalkError

ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
LOW_ORDER = {
    int.from_bytes(bytes.fromhex(y), "little")
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_low_order(point):
    return int.from_bytes(point, "little") & ((1 << 255) - 1) in LOW_ORDER


class PublicIdentity:
    """What a SubjectPublicKeyInfo says. The constructor refuses what SPEC refuses, in its order."""

    def __init__(self, spki):
        self.spki = spki
        self.fingerprint = base64url(hashlib.sha256(spki).digest())
        if spki.startswith(ED25519_PREFIX) and len(spki) == 44:
            self.type = "ed25519"
            self.point = spki[12:]
            if int.from_bytes(self.point, "little") & ((1 << 255) - 1) >= 2**255 - 19 or is_low_order(self.point):
                raise StalkError("ED25519_KEY_INVALID")
        else:
            self.type = "rsa"
            self.n, self.e = read_rsa_spki(spki)
            check_rsa(self.n, self.e)

    def __str__(self):
        return f"stalk/2:{self.type}:{base64url(self.spki)}"

    def verify(self, signature, signed):
        try:
            if self.type == "ed25519":
                if len(signature) != 64 or is_low_order(signature[:32]):
                    raise InvalidSignature
                ed25519.Ed25519PublicKey.from_public_bytes(self.point).verify(signature, signed)
            else:
                if len(signature) != self.n.bit_length() // 8:
                    raise InvalidSignature
                key = rsa.RSAPublicNumbers(self.e, self.n).public_key()
                key.verify(signature, signed, PSS, hashes.SHA256())
        except (InvalidSignature, ValueError):
            raise StalkError("STALK2_SIGNATURE_INVALID") from None


def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    if size < 256:
        return bytes([tag, 0x81, size]) + content
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + content


def der_integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa_spki(n, e):
    return der(0x30, RSA_ALGORITHM + der(0x03, b"\0" + der(0x30, der_integer(n) + der_integer(e))))


def read_der(data, tag):
    """The content of the one value that `data` begins with, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise StalkError("SPKI_INVALID")
    size, start = data[1], 2
    if size >= 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    if start > 4 or len(data) < start + size:
        raise StalkError("SPKI_INVALID")
    return data[start : start + size], data[start + size :]


def read_rsa_spki(spki):
    """n and e. Whatever is lenient in here does not matter: the numbers, written again, must give the same bytes."""
    content = read_der(spki, 0x30)[0]
    if not content.startswith(RSA_ALGORITHM):
        raise StalkError("SPKI_INVALID")
    bits = read_der(content[len(RSA_ALGORITHM) :], 0x03)[0]
    numbers = read_der(bits[1:], 0x30)[0]
    n, rest = read_der(numbers, 0x02)
    e, _ = read_der(rest, 0x02)
    n, e = int.from_bytes(n, "big", signed=True), int.from_bytes(e, "big", signed=True)
    # a negative number is written with its sign, and is too small (SPEC, identities §rsa), which check_rsa says
    if n >= 0 and e >= 0 and rsa_spki(n, e) != spki:
        raise StalkError("SPKI_INVALID")
    return n, e


def check_rsa(n, e):
    bits = n.bit_length() if n > 0 else 0
    for is_wrong, code in (
        (bits < 2048, "RSA_MODULUS_TOO_SMALL"),
        (bits > 4096, "RSA_MODULUS_TOO_LARGE"),
        (bits % 8 != 0, "RSA_MODULUS_BITS"),
        (n % 2 == 0, "RSA_MODULUS_EVEN"),
        (e < 3, "RSA_EXPONENT_TOO_SMALL"),
        (e >= n, "RSA_EXPONENT_TOO_LARGE"),
        (e % 2 == 0, "RSA_EXPONENT_EVEN"),
        (e != 65537, "RSA_EXPONENT_NOT_65537"),
    ):
        if is_wrong:
            raise StalkError(code)


class Identity:
    """One's own: the private key as well."""

    def __init__(self, key):
        self.key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.fingerprint = base64url(hashlib.sha256(self.spki).digest())
        self.is_rsa = isinstance(key, rsa.RSAPrivateKey)
        self.type = "rsa" if self.is_rsa else "ed25519"
        self.signature_bytes = key.key_size // 8 if self.is_rsa else 64

    @staticmethod
    def load(file, passphrase=None):
        with open(file, "rb") as handle:
            return Identity(load_pem_private_key(handle.read(), passphrase))

    @staticmethod
    def from_pkcs8(data):
        return Identity(load_der_private_key(data, None))

    @staticmethod
    def generate():
        return Identity(ed25519.Ed25519PrivateKey.generate())

    def sign(self, signed):
        return self.key.sign(signed, PSS, hashes.SHA256()) if self.is_rsa else self.key.sign(signed)


def parse_text(text):
    """The public key of a line `stalk/2:type:key` (SPEC, identities §text)."""
    protocol, kind, key = text.strip().split(":")
    identity = PublicIdentity(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    if protocol != "stalk/2" or kind != identity.type or base64url(identity.spki) != key:
        raise StalkError("IDENTITY_TEXT_INVALID")
    return identity


def pin_fingerprint(text):
    """A pin is given as a fingerprint or as the line of an identity."""
    return parse_text(text).fingerprint if ":" in text else text.strip()
