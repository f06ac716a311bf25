"""Payloads of the handshake (SPEC, stalk/2 §4): entries `u8 type ‖ u16 length ‖ value`, ascending."""
from .errors import StalkError

PADDING, IDENTITY, LARGEST, PROTOCOLS, TICKET, CHANNELS, SIGNATURE = 0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0xFF
PLACES = {
    PADDING: "B C ACCEPT",
    IDENTITY: "B C",
    LARGEST: "C ACCEPT",
    PROTOCOLS: "C ACCEPT",
    TICKET: "C",
    CHANNELS: "C ACCEPT",
    SIGNATURE: "B C",
}
DEFAULT_LARGEST = 16_777_216
BLOCK = 512


def entry(kind, value):
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


def padding_for(size):
    """The entry that brings a payload of `size` bytes to a multiple of 512."""
    missing = -size % BLOCK
    if missing == 0:
        return b""
    return entry(PADDING, bytes((missing if missing >= 3 else missing + BLOCK) - 3))


def write_channels(credit, most):
    return credit.to_bytes(4, "big") + most.to_bytes(2, "big")


class Payload:
    """Entries by type, checked in the order of SPEC; `unsigned` is what precedes the signature's entry."""

    def __init__(self, data, place):
        self.values = {}
        self.unsigned = data
        entries = cut(data)
        before = -1
        for kind, value, start in entries:
            if kind <= before:
                raise StalkError("STALK2_PAYLOAD_ORDER")
            before = kind
            if kind in PLACES and place not in PLACES[kind].split():
                raise StalkError("STALK2_PAYLOAD_MISPLACED")
            if kind not in PLACES:
                if kind >= 0x80:
                    raise StalkError("STALK2_PAYLOAD_CRITICAL", f"{kind:02x}")
                continue
            if not is_value(kind, value, place):
                raise StalkError("STALK2_PAYLOAD_VALUE", f"{kind:02x}")
            self.values[kind] = value
            if kind == SIGNATURE:
                self.unsigned = data[:start]

    def get(self, kind):
        return self.values.get(kind)

    @property
    def largest(self):
        value = self.get(LARGEST)
        return DEFAULT_LARGEST if value is None else int.from_bytes(value[:4], "big")

    @property
    def protocols(self):
        value = self.get(PROTOCOLS)
        return [] if value is None else value.decode().split(",")

    @property
    def channels(self):
        """(credit, how many may be open), or None."""
        value = self.get(CHANNELS)
        return None if value is None else (int.from_bytes(value[:4], "big"), int.from_bytes(value[4:6], "big"))


def cut(data):
    entries, position = [], 0
    while position < len(data):
        if position + 3 > len(data):
            raise StalkError("STALK2_PAYLOAD_MALFORMED")
        end = position + 3 + int.from_bytes(data[position + 1 : position + 3], "big")
        if end > len(data):
            raise StalkError("STALK2_PAYLOAD_MALFORMED")
        entries.append((data[position], data[position + 3 : end], position))
        position = end
    return entries


def is_value(kind, value, place):
    if kind == PADDING:
        return not any(value)
    if kind == LARGEST:
        return len(value) >= 4
    if kind == CHANNELS:
        return len(value) >= 6 and int.from_bytes(value[:4], "big") >= 1024
    if kind == PROTOCOLS:
        names = value.split(b",")
        is_ascii = all(0x21 <= byte <= 0x7E for byte in value)
        is_count = len(names) == 1 if place == "ACCEPT" else len(names) <= 64
        return is_ascii and is_count and len(set(names)) == len(names) and all(1 <= len(name) <= 255 for name in names)
    return True
