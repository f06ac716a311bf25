"""Bugs of the handshake but for what is proved in it: preamble, answers, messages, keys, entries of payloads."""
import os

from . import payload as entries
from .bugs import BOTH, Bug, altering, handshaking, listen_in_clear
from .handshake import MAGIC, framed, u16
from .noise import KeyPair
from .payload import entry

ZERO = bytes(32)
ORDER_8 = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
ORDER_8_OTHER = bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")
CLIENT, SERVER = ("connect",), ("listen",)
UNKNOWN, CRITICAL = entry(0x07, b"what is this?"), entry(0x80, b"this must not be ignored")


def preamble(*suites, flags=0):
    return MAGIC + bytes([flags, len(suites)]) + b"".join(map(u16, suites))


def of(value):
    """A change that gives the same whatever the honest value is."""
    return lambda _: value


# what is said in clear

altering("skip-preamble", "sends A without the preamble", CLIENT, preamble=of(b""))
altering("wrong-magic", "says stalk/3", CLIENT, preamble=lambda honest: b"stalk/3\n" + honest[8:])
altering("no-suites", "offers no suite at all", CLIENT, preamble=of(preamble()))
altering("seventeen-suites", "offers 17 suites", CLIENT, preamble=of(preamble(*range(1, 18))))
altering("suite-twice", "offers a suite twice", CLIENT, preamble=of(preamble(1, 2, 1)))
altering("unknown-suites", "offers only suites that nobody has", CLIENT, preamble=of(preamble(0x0101, 0x7777)))
altering("all-flags", "sets all flags of the preamble", CLIENT, True, preamble=of(preamble(1, 2, flags=0xFF)))


@handshaking("says-nothing", "connects and says nothing", CLIENT)
def _(line, config):
    return listen_in_clear(line)


@handshaking("half-a-preamble", "ends the line inside the preamble", CLIENT)
def _(line, config):
    line.write(MAGIC[:5])
    line.end()
    return listen_in_clear(line)


@handshaking("half-an-a", "ends the line inside A", CLIENT)
def _(line, config):
    line.write(preamble(1, 2) + b"\0\x20half of it")
    line.end()
    return listen_in_clear(line)


dribble = Bug("dribble", "sends everything byte by byte until it is let in, which it may", BOTH, True)
dribble.apply = lambda config: setattr(config, "is_dribbling", True)

# messages left out, said twice, cut, announced and not sent


def client_until_b(line):
    """A client that does not care what B says."""
    line.write(preamble(1, 2) + framed(KeyPair().public))
    line.read(1)
    line.read(int.from_bytes(line.read(2), "big"))


@handshaking("skip-a", "sends something as long as C where A is due", CLIENT)
def _(line, config):
    line.write(preamble(1, 2) + framed(b"\xff" * 576))
    return listen_in_clear(line)


@handshaking("skip-b", "sends a record where B is due", SERVER)
def _(line, config):
    line.read(8 + 2 + 4 + 2 + 32)
    line.write(bytes.fromhex("0018ee5208e93b605ea8ef272f515f8ef75dc541a41ec26fde0d"))
    return listen_in_clear(line)


@handshaking("skip-c", "sends a record where C is due", CLIENT)
def _(line, config):
    client_until_b(line)
    line.write(bytes.fromhex("0016b719858657e3992166ac10d420f87396f4a6bb6c1b39"))
    return listen_in_clear(line)


altering("repeat-a", "sends A twice", CLIENT, wire_a=lambda honest: honest + honest)
altering("repeat-b", "sends B twice", SERVER, wire_b=lambda honest: honest + honest)
altering("repeat-c", "sends C twice", CLIENT, wire_c=lambda honest: honest + honest)
altering("short-a", "sends an A of 31 bytes", CLIENT, wire_a=lambda honest: framed(honest[2:33]))
altering("short-b", "sends a B of 79 bytes", SERVER, wire_b=lambda honest: honest[:1] + framed(honest[3:82]))
altering("short-c", "sends a C of 47 bytes", CLIENT, wire_c=lambda honest: framed(honest[2:49]))
altering("long-a", "announces an A of 4,097 bytes", CLIENT, wire_a=of(u16(4_097)))
altering("long-b", "announces a B of 16,385 bytes", SERVER, wire_b=of(b"\x01" + u16(16_385)))
altering("long-c", "announces a C of 16,385 bytes", CLIENT, wire_c=of(u16(16_385)))
altering("announced-a", "announces an A of 4,096 bytes and sends nothing of it", CLIENT, wire_a=of(u16(4_096)))
altering("announced-b", "announces a B of 16,384 bytes and sends nothing of it", SERVER, wire_b=of(b"\x01" + u16(16_384)))
altering("announced-c", "announces a C of 16,384 bytes and sends nothing of it", CLIENT, wire_c=of(u16(16_384)))
altering("longest-b-and-c", "pads B or C to 16,384 bytes", BOTH, True,
         unsigned=lambda honest: longest(honest))  # fmt: skip
altering("altered-b", "alters a bit of B on the line", SERVER, wire_b=lambda honest: honest[:-20] + flip(honest[-20:]))
altering("altered-c", "alters a bit of C on the line", CLIENT, wire_c=lambda honest: honest[:-20] + flip(honest[-20:]))


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


def longest(unsigned):
    """The padding grown until the message has 16,384 bytes, with keys, tags and the signature of an Ed25519 key."""
    is_c = b"\x03\0\4" in unsigned
    room = 16_384 - (48 + 16 if is_c else 32 + 48 + 16) - (3 + 64)
    body = unsigned[3 + int.from_bytes(unsigned[1:3], "big") :]
    return entry(entries.PADDING, bytes(room - len(body) - 3)) + body


@handshaking("random-c", "sends a C of random bytes", CLIENT)
def _(line, config):
    client_until_b(line)
    line.write(framed(os.urandom(576)))
    return listen_in_clear(line)


# forged negotiation

altering("retry-not-offered", "asks for a suite that was not offered", SERVER, retry=of(b"\x02\x7f\x7f"))
altering("retry-first", "asks for the suite that was tried", SERVER, retry=of(b"\x02\x00\x01"))
altering("retry-unrecorded", "asks for another suite, and leaves that out of its prologue", SERVER,
         retry=of(b"\x02\x00\x02"), suite=of(2), prologue=lambda honest: honest[: 8 + 4 + 14])  # fmt: skip
altering("other-suite", "answers with the keys of another suite than it says", SERVER, suite=of(2))
altering("wrong-prologue", "begins its prologue with stalk/1", SERVER, prologue=lambda honest: b"stalk/1" + honest[7:])
altering("wrong-transcript", "has another transcript when it makes C", CLIENT, h=flip)
altering("unknown-answer", "answers with 03", SERVER, kind=of(b"\x03"))


@handshaking("retry-twice", "asks for another suite twice", SERVER)
def _(line, config):
    line.read(14 + 2 + 32)
    line.write(b"\x02\x00\x02")
    line.read(2 + 32)
    line.write(b"\x02\x00\x02")
    return listen_in_clear(line)


@handshaking("refuses", "refuses in clear, as busy", SERVER)
def _(line, config):
    line.read(14 + 2 + 32)
    line.write(b"\x00\x00\x02")
    line.end()
    return listen_in_clear(line)


@handshaking("answers-http", "answers as a web server does", SERVER)
def _(line, config):
    line.read(14 + 2 + 32)
    line.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    return listen_in_clear(line)


# keys of low order

altering("ephemeral-zero", "has an ephemeral key of zeros", ephemeral=of(ZERO))
altering("ephemeral-order-8", "has an ephemeral key of order 8", ephemeral=of(ORDER_8))
altering("ephemeral-order-8-other", "has the other ephemeral key of order 8", ephemeral=of(ORDER_8_OTHER))
altering("static-zero", "has a static key of zeros", static=of(ZERO))
altering("static-order-8", "has a static key of order 8", static=of(ORDER_8))

# entries of payloads


altering("trailing-byte", "has a byte after the last entry of B or C", payload=lambda honest: honest + b"\0")
altering("entry-after-signature", "has an entry after the signature", payload=lambda honest: honest + UNKNOWN)
altering("entry-twice", "has the identity twice", unsigned=lambda honest: honest + identity_entry(honest))
altering("entries-out-of-order", "has the identity after an entry of a higher type", CLIENT,
         unsigned=lambda honest: honest.replace(identity_entry(honest), b"") + identity_entry(honest))  # fmt: skip
altering("unknown-entry", "has an entry of an unknown type that may be ignored", BOTH, True, more=lambda honest: honest + UNKNOWN)
altering("critical-entry", "has an entry of an unknown type that must not be ignored", more=lambda honest: honest + CRITICAL)
altering("entry-beyond-end", "has an entry that is longer than what follows", payload=lambda honest: honest[:-1])
altering("padding-not-zero", "pads with something else than zeros", unsigned=lambda honest: honest[:3] + b"\1" + honest[4:])
altering("misplaced-entry", "has in B an entry that belongs into C", SERVER, more=lambda honest: honest + entry(entries.LARGEST, b"\0\1\0\0"))
altering("unknown-entry-in-a", "has an entry in A that may be ignored", CLIENT, True, payload_a=of(UNKNOWN))
altering("identity-in-a", "has an identity in A", CLIENT, payload_a=of(entry(entries.IDENTITY, b"x")))
altering("critical-entry-in-a", "has an entry in A that must not be ignored", CLIENT, payload_a=of(CRITICAL))
altering("largest-cut", "announces its largest message in 3 bytes", CLIENT, more=of(entry(entries.LARGEST, b"\0\1\0")))
altering("protocol-with-space", "offers an application protocol with a space", CLIENT, more=of(entry(entries.PROTOCOLS, b"a b")))
altering("protocol-twice", "offers an application protocol twice", CLIENT, more=of(entry(entries.PROTOCOLS, b"a,b,a")))
altering("protocols-65", "offers 65 application protocols", CLIENT,
         more=of(entry(entries.PROTOCOLS, b",".join(b"p%d" % number for number in range(65)))))  # fmt: skip
altering("little-credit", "grants 1,023 bytes of credit at first", CLIENT, more=of(entry(entries.CHANNELS, b"\0\0\3\xff\0\1")))


def identity_entry(unsigned):
    """The identity's entry, after the padding."""
    start = 3 + int.from_bytes(unsigned[1:3], "big") if unsigned[0] == entries.PADDING else 0
    return unsigned[start : start + 3 + int.from_bytes(unsigned[start + 1 : start + 3], "big")]
