"""Bugs of records, frames and messages, and of the end (SPEC, stalk/2 §6 to §10)."""
import socket
import struct

from . import leb128, spack
from .bugs import BOTH, BUGS, Told, acting, altering
from .bugs_handshake import CLIENT, SERVER, flip
from .records import ACCEPT, CLOSE, DATA, PING, PONG, REJECT, REKEY_EVERY, coded, frame

HELLO = spack.encode([("string", "hello")])
LIMIT = 1024 * 1024  # what the tests let the other side take


def data(*frames):
    return bytes([DATA]) + b"".join(frames)


def saying(name, text, *plaintexts, roles=BOTH, control=False):
    """A bug that is records which may not be said, in one piece, so that nothing comes between them."""

    @acting(name, text, roles, control)
    def act(session):
        session.line.write(b"".join(session.sending.seal(plaintext) for plaintext in plaintexts))


def writing(name, text, make, roles=BOTH):
    """A bug that is bytes on the line: `make` gives them for a session."""

    @acting(name, text, roles)
    def act(session):
        session.line.write(make(session))


# before the verdict, and instead of it


def verdict(name, text, *plaintexts):
    """What a responder says before its ACCEPT, which then is none."""
    altering(name, text, SERVER, verdict=lambda session: session.line.write(b"".join(session.sending.seal(p) for p in plaintexts)))


verdict("data-before-accept", "sends a message before it accepts", data(frame(0, HELLO)))
verdict("ping-before-accept", "sends PING before it accepts", bytes([PING]) + bytes(8))
verdict("close-before-accept", "ends its direction before it accepts", coded(CLOSE, 0))
verdict("reject-without-code", "rejects with the code 0", coded(REJECT, 0))
verdict("reject-cut", "rejects with half a code", bytes([REJECT, 0]))
altering("end-before-verdict", "ends the line instead of a verdict", SERVER, verdict=lambda session: session.line.end())
altering("no-verdict", "gives no verdict", SERVER, verdict=lambda session: None)


altering("data-before-verdict", "sends a message before it is let in", CLIENT, c_sent=lambda session: session.say(data(frame(0, HELLO))))
altering("accept-before-verdict", "accepts itself", CLIENT, c_sent=lambda session: session.say(bytes([ACCEPT])))
altering("close-before-verdict", "ends its direction before it is let in, which it may", CLIENT, c_sent=lambda session: session.close(0))
BUGS["close-before-verdict"].act = lambda session: None

saying("accept-twice", "accepts a second time", bytes([ACCEPT]), roles=SERVER)
saying("accept-from-client", "accepts, as the side that connected", bytes([ACCEPT]), roles=CLIENT)
saying("reject-after-accept", "rejects after it has accepted", coded(REJECT, 3, "no"), roles=SERVER)
saying("reject-from-client", "rejects, as the side that connected", coded(REJECT, 3, "no"), roles=CLIENT)

# records and their keys


@acting("nonce-reuse", "seals two records with the same counter")
def _(session):
    session.say(data(frame(0, HELLO)))
    session.sending.counter -= 1
    session.say(data(frame(0, HELLO)))


@acting("nonce-skip", "leaves a counter out")
def _(session):
    session.sending.counter += 1
    session.say(data(frame(0, HELLO)))


@acting("early-rekey", "changes its key before 2^20 records")
def _(session):
    session.sending.rekey()
    session.say(data(frame(0, HELLO)))


@acting("late-rekey", "does not change its key at 2^20 records", CLIENT)
def _(session):
    session.sending.is_due = lambda counter: False
    session.pad(REKEY_EVERY + 1)


@acting("replay", "sends a record a second time")
def _(session):
    record = session.sending.seal(data(frame(0, HELLO)))
    session.line.write(record + record)


def sealed(session):
    return session.sending.seal(data(frame(0, HELLO)))


writing("zero-length-record", "announces a record of 0 bytes", lambda session: b"\0\0")
writing("empty-record", "sends a record that is a tag and nothing else", lambda session: b"\0\x10" + sealed(session)[-16:])
writing("tampered-tag", "alters a bit of a record’s tag", lambda session: flip_at(sealed(session), -1))
writing("tampered-record", "alters a bit of a record", lambda session: flip_at(sealed(session), 2))
writing("tampered-length", "makes a record one byte longer", lambda session: longer(sealed(session)))
writing("garbage", "sends bytes that are no record", lambda session: b"\xa5" * 70_000)


def flip_at(record, position):
    changed = bytearray(record)
    changed[position] ^= 1
    return bytes(changed)


def longer(record):
    return (int.from_bytes(record[:2], "big") + 1).to_bytes(2, "big") + record[2:] + b"\0"


@acting("half-a-record", "ends the line inside a record")
def _(session):
    session.line.write(sealed(session)[:-5])
    session.line.end()


@acting("longest-announced", "announces the longest record and ends the line")
def _(session):
    session.line.write(b"\xff\xff" + bytes(100))
    session.line.end()


@acting("end-without-close", "ends the line without CLOSE")
def _(session):
    session.line.end()


@acting("reset", "resets the line")
def _(session):
    # closing the socket, which is done with every one in the end, resets the line now
    session.line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Told("nothing")


@acting("longest-record", "sends a record of 65,519 bytes of plaintext", BOTH, True)
def _(session):
    padding = frame(1, bytes(65_518 - 4))
    session.say(data(padding))


saying("unknown-record-type", "sends a record of an unknown type", bytes([7]) + HELLO)
saying("record-type-0", "sends a record of type 0", bytes([0]))
saying("ping-short", "sends PING with 7 bytes", bytes([PING]) + bytes(7))
saying("pong-long", "sends PONG with 9 bytes", bytes([PONG]) + bytes(9))
saying("pong-without-ping", "sends a PONG that nobody asked for", bytes([PONG]) + bytes(8), control=True)
saying("ping-flood", "sends 21 PINGs at once", *[bytes([PING]) + bytes(8)] * 21)
saying("twenty-pings", "sends 20 PINGs at once", *[bytes([PING]) + bytes(8)] * 20, control=True)

# frames

saying("no-frames", "sends DATA without a frame", bytes([DATA]))
saying("frame-over-end", "sends a frame that goes on over the end of its record", data(frame(0, HELLO)[:-1]))
saying("frame-announced-huge", "announces a frame of 2 GiB", data(b"\0\xff\xff\xff\xff\x0f"))
saying("frame-number-too-large", "sends a frame whose length is 2^32", data(b"\0\x80\x80\x80\x80\x10"))
saying("frame-not-minimal", "sends a frame whose channel is not minimal", data(b"\x80\0" + leb128.unsigned(2 * len(HELLO) + 1) + HELLO))
saying("frame-empty", "sends an empty frame that ends nothing", data(frame(0, b"", False)))
saying("message-empty", "sends a message of no bytes", data(frame(0, b"")))
saying("frame-reserved-channel", "sends a frame on channel 3", data(frame(3, HELLO)))
saying("frames-4097", "sends 4,097 frames in a record", data(*[frame(1, b"")] * 4_097))
saying("frames-4096", "sends 4,096 frames in a record", data(*[frame(1, b"")] * 4_096), control=True)

# messages


def message(name, text, compact):
    saying(name, text, data(frame(0, compact)))


def nested(depth):
    element = ("list", [])
    for _ in range(depth - 1):
        element = ("list", [element])
    return spack.encode([element])


message("spack-unknown-type", "sends a spack with an unknown type", b"\1\x06")
message("spack-cut", "sends a spack that is cut", HELLO[:-1])
message("spack-trailing-byte", "sends a spack with a byte too many", HELLO + b"\0")
message("spack-not-minimal", "sends a number that is not minimal", b"\1\1\x80\0")
message("spack-utf8", "sends a string that is no UTF-8", b"\2\5\2\xc3\x28")
message("spack-boolean", "sends a boolean that is 2", b"\1\x21\2")
message("spack-duplicate-key", "sends a map with a key twice", b"\1\x31\2\1a\x20\1a\x20")
message("spack-too-deep", "sends 65 lists inside each other", nested(65))
message("spack-very-deep", "sends 30,001 lists inside each other", b"\1\x30" + b"\1\x30" * 30_000 + b"\0")
message("spack-count-bomb", "announces a list of 2^40 entries", b"\1\x30" + leb128.signed(2**40))
message("spack-array-bomb", "announces a byte[] of 2^40 bytes", b"\x08\x10\4" + leb128.signed(2**40))
message("spack-string-bomb", "announces a string of 16 MiB", b"\5\5" + leb128.signed(2**24))


@acting("spack-many-elements", "sends 65,537 elements that take no data")
def _(session):
    session.send_bytes(leb128.unsigned(65_537) + b"\x20" * 65_537)


@acting("message-too-large", "sends a message that is larger than the other side takes")
def _(session):
    session.their_largest = 2 * LIMIT
    session.send_bytes(spack.encode([("byte[]", bytes(LIMIT + 1))]))


@acting("message-unfinished", "begins a large message and ends the line")
def _(session):
    session.say(data(frame(0, bytes(20_000), False)))
    session.line.end()


# the end

saying("close-then-data", "sends a message after CLOSE", coded(CLOSE, 0), data(frame(0, HELLO)))
saying("close-twice", "sends CLOSE twice", coded(CLOSE, 0), coded(CLOSE, 0))
saying("close-short", "sends CLOSE with half a code", bytes([CLOSE, 0]))
saying("close-utf8", "sends CLOSE with a reason that is no UTF-8", coded(CLOSE, 0) + b"\xff")
saying("close-long", "sends CLOSE with a reason of 256 bytes", coded(CLOSE, 0, "x" * 256))
saying("close-inside-message", "sends CLOSE inside a message", data(frame(0, HELLO, False)), coded(CLOSE, 0))
writing("garbage-after-close", "sends a byte after CLOSE", lambda session: session.sending.seal(coded(CLOSE, 0)) + b"\xa5")
saying("closes-with-internal", "gives up with code 6", coded(CLOSE, 6, "internal"))

# what the checks of the tests have to find: they would prove nothing otherwise

altering("wrong-binding", "derives another channel binding", binding=flip)
altering("wrong-message", "sends another message than it reports", message=lambda elements: [*elements, ("null", None)])
