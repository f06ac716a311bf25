"""spack in its compact form (SPEC, spack §elements, §extended, §compact, §limits).

An element is a pair (type, value); a list's value is a list of elements, a map's a list of pairs (key, element).
"""
import hashlib
import struct

from . import leb128
from .errors import SpackError

MAX_ELEMENTS = 65_536
MAX_DEPTH = 64
MAX_PACKET = MAX_STRING = MAX_BYTES = 16 * 1024 * 1024
MAX_ARRAY = 4_194_304
MAX_INTEGER = 65_536
MAX_SIZE = 7  # bytes of a length or a count; part of the format
MAX_DATE = 8_640_000_000_000_000

SCALARS = {1: "integer", 2: "float32", 3: "float64", 4: "byte"}
EXTENDED = {0x20: "null", 0x21: "boolean", 0x22: "bigint", 0x23: "date", 0x30: "list", 0x31: "map"}
CODES = {name: code for code, name in {**SCALARS, **EXTENDED}.items()}
NAN32, NAN64 = bytes.fromhex("0000c07f"), bytes.fromhex("000000000000f87f")


def encode(elements):
    parts = [encode_element(element) for element in elements]
    types = b"".join(part[0] for part in parts)
    return leb128.unsigned(len(types)) + types + b"".join(part[1] for part in parts)


def encode_element(element):
    """The bytes for the types and those for the data."""
    kind, value = element
    if kind == "string":
        text = value.encode("utf-8")
        return b"\x05" + leb128.signed(len(text)), text
    if kind.endswith("[]"):
        code = CODES[kind[:-2]]
        data = bytes(value) if code == 4 else b"".join(encode_scalar(kind[:-2], entry) for entry in value)
        return bytes([0x10, code]) + leb128.signed(len(value)), data
    code = bytes([CODES[kind]])
    if kind == "list":
        return code, leb128.signed(len(value)) + b"".join(b"".join(encode_element(entry)) for entry in value)
    if kind == "map":
        members = [encode_key(key) + b"".join(encode_element(entry)) for key, entry in value]
        return code, leb128.signed(len(value)) + b"".join(members)
    return code, encode_scalar(kind, value)


def encode_key(key):
    text = key.encode("utf-8")
    return leb128.signed(len(text)) + text


def encode_scalar(kind, value):
    if kind in ("integer", "bigint", "date"):
        return leb128.signed(value)
    if kind == "float32":
        return NAN32 if value != value else struct.pack("<f", value)
    if kind == "float64":
        return NAN64 if value != value else struct.pack("<d", value)
    if kind == "null":
        return b""
    return bytes([int(value)])  # byte, boolean


class Cursor:
    """A part of the packet that is read from front to end; `ended` is the code of reading beyond it."""

    def __init__(self, data, position, end, ended):
        self.data, self.position, self.end, self.ended = data, position, end, ended

    @property
    def left(self):
        return self.end - self.position

    def take(self, count):
        if count > self.left:
            raise SpackError(self.ended)
        self.position += count
        return self.data[self.position - count : self.position]

    def digits(self, limit, beyond):
        """The bytes of one LEB128 number."""
        start = self.position
        while True:
            if self.position == self.end:
                raise SpackError("SPACK_LEB128_UNTERMINATED" if self.position > start else self.ended)
            if self.position - start == limit:
                raise SpackError(beyond)
            self.position += 1
            if self.data[self.position - 1] < 0x80:
                return self.data[start : self.position]

    def integer(self, limit=MAX_INTEGER, beyond="SPACK_INTEGER_TOO_LONG"):
        digits = self.digits(limit, beyond)
        if not leb128.is_minimal_signed(digits):
            raise SpackError("SPACK_NONCANONICAL")
        return leb128.value_signed(digits)

    def size(self, most, beyond):
        value = self.integer(MAX_SIZE, beyond)
        if value < 0:
            raise SpackError("SPACK_NEGATIVE_LENGTH")
        if value > most:
            raise SpackError(beyond)
        return value


class Decoder:
    def __init__(self):
        self.count = 0

    def packet(self, data):
        if len(data) > MAX_PACKET:
            raise SpackError("SPACK_PACKET_TOO_LARGE")
        head = Cursor(data, 0, len(data), "SPACK_TRUNCATED")
        digits = self.size_of_types(head)
        if not leb128.is_minimal_unsigned(digits):
            raise SpackError("SPACK_NONCANONICAL")
        size = leb128.value_unsigned(digits)
        if size > head.left:
            raise SpackError("SPACK_TRUNCATED")
        types = Cursor(data, head.position, head.position + size, "SPACK_TYPES_TRUNCATED")
        values = Cursor(data, types.end, len(data), "SPACK_DATA_TRUNCATED")
        elements = []
        while types.left:
            elements.append(self.element(types, values, 0))
        if values.left:
            raise SpackError("SPACK_DATA_UNUSED")
        return elements

    def size_of_types(self, head):
        """T. Where it ends is the end of the packet, so that one which is cut is the packet's fault, not the number's."""
        digits = head.take(1)
        while digits[-1] >= 0x80:
            if len(digits) == MAX_SIZE:
                raise SpackError("SPACK_PACKET_TOO_LARGE")
            digits += head.take(1)
        return digits

    def counted(self, more=1):
        self.count += more
        if self.count > MAX_ELEMENTS:
            raise SpackError("SPACK_TOO_MANY_ELEMENTS")

    def element(self, types, values, depth):
        """One element; inside lists and maps `types` and `values` are the same, and its list has counted it."""
        if depth == 0:
            self.counted()
        code = types.take(1)[0]
        if code == 5:
            return "string", self.text(types, values)
        if code == 0x10:
            return self.array(types, values)
        kind = SCALARS.get(code) or EXTENDED.get(code)
        if kind is None:
            raise SpackError("SPACK_UNKNOWN_TYPE")
        if kind in ("list", "map"):
            return kind, self.entries(kind, values, depth + 1)
        return kind, self.scalar(kind, values)

    def text(self, lengths, values):
        length = lengths.size(MAX_STRING, "SPACK_STRING_TOO_LONG")
        try:
            return bytes(values.take(length)).decode("utf-8")
        except UnicodeDecodeError:
            raise SpackError("SPACK_INVALID_UTF8") from None

    def array(self, types, values):
        kind = SCALARS.get(types.take(1)[0])
        if kind is None:
            raise SpackError("SPACK_UNKNOWN_ARRAY_TYPE")
        count = types.size(MAX_BYTES if kind == "byte" else MAX_ARRAY, "SPACK_ARRAY_TOO_LONG")
        if count * {"float32": 4, "float64": 8}.get(kind, 1) > values.left:
            raise SpackError("SPACK_DATA_TRUNCATED")
        if kind == "byte":
            return "byte[]", bytes(values.take(count))
        return f"{kind}[]", [self.scalar(kind, values) for _ in range(count)]

    def entries(self, kind, values, depth):
        if depth > MAX_DEPTH:
            raise SpackError("SPACK_TOO_DEEP")
        count = values.size(MAX_ELEMENTS, "SPACK_TOO_MANY_ELEMENTS")
        self.counted(count)
        if count * (1 if kind == "list" else 2) > values.left:
            raise SpackError("SPACK_DATA_TRUNCATED")
        if kind == "list":
            return [self.element(values, values, depth) for _ in range(count)]
        members, keys = [], set()
        for _ in range(count):
            key = self.text(values, values)
            if key in keys:
                raise SpackError("SPACK_DUPLICATE_KEY")
            keys.add(key)
            members.append((key, self.element(values, values, depth)))
        return members

    def scalar(self, kind, values):
        if kind in ("integer", "bigint"):
            return values.integer()
        if kind == "float32":
            return struct.unpack("<f", values.take(4))[0]
        if kind == "float64":
            return struct.unpack("<d", values.take(8))[0]
        if kind == "byte":
            return values.take(1)[0]
        if kind == "boolean":
            byte = values.take(1)[0]
            if byte > 1:
                raise SpackError("SPACK_BOOLEAN_INVALID")
            return byte == 1
        if kind == "date":
            date = values.integer()
            if abs(date) > MAX_DATE:
                raise SpackError("SPACK_DATE_INVALID")
            return date
        return None


def decode(data):
    return Decoder().packet(data)


def describe(elements):
    """Elements as JSON that two implementations can compare: integers in hexadecimal, floats as their bits, much as its hash."""
    return [describe_element(element) for element in elements]


def describe_element(element):
    kind, value = element
    if kind in ("integer", "bigint", "date"):
        value = format(value, "x")
    elif kind == "integer[]":
        value = [format(entry, "x") for entry in value]
    elif kind in ("float32", "float64"):
        value = encode_scalar(kind, value).hex()
    elif kind in ("float32[]", "float64[]"):
        value = [encode_scalar(kind[:-2], entry).hex() for entry in value]
    elif kind == "byte[]":
        is_long = len(value) > 256
        value = f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}" if is_long else value.hex()
    elif kind == "list":
        value = describe(value)
    elif kind == "map":
        value = [[key, describe_element(entry)] for key, entry in value]
    return {"type": kind, "value": value}
