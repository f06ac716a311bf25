"""Records and their keys (SPEC, stalk/2 §7), and what stands in them (§8, §9)."""
from cryptography.exceptions import InvalidTag

from . import leb128
from .errors import StalkError
from .noise import Aead

DATA, CLOSE, PING, PONG, ACCEPT, REJECT = 1, 2, 3, 4, 5, 6
REKEY_EVERY = 2**20
LAST_COUNTER = 2**32 - 1
REKEY_NONCE = 2**64 - 1
MAX_FRAMES = 4_096
MAX_NUMBER = 2**32 - 1
CLOSE_EXPIRED = b"\x02\x00\x05"


class Direction:
    """The key of one direction, with its counter. The key changes just before each multiple of 2^20."""

    def __init__(self, suite, key):
        self.suite, self.counter, self.rekeys = suite, 0, 0
        self.aead = Aead(suite, key)
        self.is_due = lambda counter: counter != 0 and counter % REKEY_EVERY == 0

    def rekey(self):
        self.aead = Aead(self.suite, self.aead.encrypt(REKEY_NONCE, b"", bytes(32))[:32])
        self.rekeys += 1

    def step(self):
        """The counter of the next record, under the key that belongs to it."""
        if self.is_due(self.counter):
            self.rekey()
        self.counter += 1
        return self.counter - 1

    def seal(self, plaintext):
        """The record on the line."""
        counter = self.step()  # on a line of its own: it may put another key into `aead`
        ciphertext = self.aead.encrypt(counter, b"", plaintext)
        return len(ciphertext).to_bytes(2, "big") + ciphertext

    def open(self, ciphertext):
        if self.counter > LAST_COUNTER:
            raise StalkError("RECORD_EXPIRED")
        counter = self.step()
        try:
            plaintext = self.aead.decrypt(counter, b"", ciphertext)
        except InvalidTag:
            raise StalkError("RECORD_AUTH_FAILED") from None
        if counter == LAST_COUNTER and plaintext[:3] != CLOSE_EXPIRED:
            raise StalkError("RECORD_EXPIRED")
        return plaintext


def frame(channel, data, fin=True):
    return leb128.unsigned(channel) + leb128.unsigned(2 * len(data) + fin) + data


def read_number(body, position, code):
    """An unsigned LEB128 number below 2^32, and where it ends."""
    if position < len(body) and body[position] < 0x80:
        return body[position], position + 1
    for end in range(position, min(position + 5, len(body))):
        if body[end] < 0x80:
            digits = body[position : end + 1]
            value = leb128.value_unsigned(digits)
            if leb128.is_minimal_unsigned(digits) and value <= MAX_NUMBER:
                return value, end + 1
            break
    raise StalkError(code)


def frames(body, is_channel):
    """(channel, bytes, fin) for each frame of a DATA record. `is_channel` says which numbers there may be at all."""
    if not body:
        raise StalkError("FRAME_EMPTY")
    position = count = 0
    while position < len(body):
        channel, position = read_number(body, position, "FRAME_MALFORMED")
        number, position = read_number(body, position, "FRAME_MALFORMED")
        length, fin = number >> 1, number & 1 == 1
        count += 1
        if count > MAX_FRAMES:
            raise StalkError("FRAME_COUNT")
        if not is_channel(channel):
            raise StalkError("FRAME_CHANNEL")
        if length > len(body) - position:
            raise StalkError("FRAME_MALFORMED")
        if length == 0 and not fin:
            raise StalkError("FRAME_EMPTY")
        yield channel, body[position : position + length], fin
        position += length


def coded(kind, code, reason=""):
    """The plaintext of CLOSE or REJECT."""
    return bytes([kind]) + code.to_bytes(2, "big") + reason.encode()


def read_coded(body, code):
    """Code and reason of a CLOSE, REJECT or RESET."""
    if not 2 <= len(body) <= 257:
        raise StalkError(code)
    return int.from_bytes(body[:2], "big"), read_text(body[2:], code)


def read_text(data, code):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise StalkError(code) from None
