"""The Noise XX handshake as in SPEC, stalk/2 §4, message by message, and the keys that come of it."""
import hashlib
import hmac as hmac_module

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .errors import StalkError

SUITES = {1: "AESGCM", 2: "ChaChaPoly"}


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac(key, data):
    return hmac_module.new(key, data, hashlib.sha256).digest()


def hkdf(ck, secret, outputs=2):
    t = hmac(ck, secret)
    out = [hmac(t, b"\x01")]
    while len(out) < outputs:
        out.append(hmac(t, out[-1] + bytes([len(out) + 1])))
    return out


def hkdf_expand(secret, info, length):
    """RFC 5869."""
    out, block, index = b"", b"", 0
    while len(out) < length:
        index += 1
        block = hmac(secret, block + info + bytes([index]))
        out += block
    return out[:length]


class Aead:
    def __init__(self, suite, key):
        self.cipher = AESGCM(key) if suite == 1 else ChaCha20Poly1305(key)
        self.order = "big" if suite == 1 else "little"

    def nonce(self, counter):
        return bytes(4) + counter.to_bytes(8, self.order)

    def encrypt(self, counter, associated, plaintext):
        return self.cipher.encrypt(self.nonce(counter), plaintext, associated or None)

    def decrypt(self, counter, associated, ciphertext):
        return self.cipher.decrypt(self.nonce(counter), ciphertext, associated or None)


class KeyPair:
    def __init__(self, private=None):
        self.key = X25519PrivateKey.from_private_bytes(private) if private else X25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def private(self):
        return self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())

    def shared(self, public):
        try:
            return self.key.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:  # what `cryptography` says of 32 zero bytes
            raise StalkError("SHARED_SECRET_ZERO") from None


class Noise:
    """The symmetric state: h, ck, and the key with its counter."""

    def __init__(self, suite, prologue):
        self.suite = suite
        cipher = SUITES.get(suite, "unknown")  # a bug may offer a suite that nobody has, and goes no further with it
        self.h = self.ck = f"Noise_XX_25519_{cipher}_SHA256".encode().ljust(32, b"\0")
        self.aead, self.n = None, 0
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.h = sha256(self.h + data)

    def mix_key(self, secret):
        self.ck, key = hkdf(self.ck, secret)
        self.aead, self.n = Aead(self.suite, key), 0

    def encrypt(self, plaintext):
        ciphertext = self.aead.encrypt(self.n, self.h, plaintext)
        self.n += 1
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext):
        try:
            plaintext = self.aead.decrypt(self.n, self.h, ciphertext)
        except (InvalidTag, ValueError):
            raise StalkError("NOISE_DECRYPT_FAILED") from None
        self.n += 1
        self.mix_hash(ciphertext)
        return plaintext

    def split(self):
        """o1, o2, o3."""
        return hkdf(self.ck, b"", 3)
