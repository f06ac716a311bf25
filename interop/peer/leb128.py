"""LEB128 (SPEC, LEB128): minimal in what is written, and nothing else is read."""


def signed(value):
    out = bytearray()
    while True:
        group = value & 0x7F
        value >>= 7
        if (value == 0 and group < 64) or (value == -1 and group >= 64):
            out.append(group)
            return bytes(out)
        out.append(group | 0x80)


def unsigned(value):
    out = bytearray()
    while True:
        group = value & 0x7F
        value >>= 7
        if value == 0:
            out.append(group)
            return bytes(out)
        out.append(group | 0x80)


def is_minimal_signed(digits):
    if len(digits) < 2:
        return True
    before = digits[-2]
    return not (digits[-1] == 0x00 and not before & 0x40) and not (digits[-1] == 0x7F and before & 0x40)


def is_minimal_unsigned(digits):
    return len(digits) < 2 or digits[-1] != 0


def value_signed(digits):
    value = value_unsigned(digits)
    return value - (1 << 7 * len(digits)) if digits[-1] >= 64 else value


def value_unsigned(digits):
    # by halves, as a number may have 65,536 digits and adding them one by one takes quadratic time
    if len(digits) > 64:
        middle = len(digits) // 2
        return value_unsigned(digits[:middle]) | value_unsigned(digits[middle:]) << 7 * middle
    value = 0
    for index, digit in enumerate(digits):
        value |= (digit & 0x7F) << 7 * index
    return value
