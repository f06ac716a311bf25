"""Bugs of channels (SPEC, stalk/2 §14). The tests give the other side 8 channels and 4,096 bytes of credit for each."""
from . import spack
from .bugs import BOTH, acting
from .bugs_records import HELLO, data, saying
from .channels import CONTROL, CREDIT, DONE, END, OPEN, RESET, control
from .records import CLOSE, coded, frame

NORMAL = b"\1"


def first(session):
    """The number of the first channel that this side may open."""
    return session.channels.next_mine


def open_frame(number, name=b"x", priority=NORMAL):
    return control(OPEN, number, more=priority + name)


def framing(name, text, make, control=False):
    """A bug that is frames in one record: `make` gives them for the number of the first channel of this side."""

    @acting(name, text, BOTH, control)
    def act(session):
        session.say(data(*make(first(session))))


framing("frame-on-unopened", "sends a message on a channel that nobody opened", lambda n: [frame(n, HELLO)])
framing("frame-on-highest-channel", "sends a message on channel 2^32 - 1", lambda n: [frame(2**32 - 1, HELLO)])
framing("opened-twice", "opens a channel twice", lambda n: [open_frame(n), open_frame(n)])
framing("wrong-parity", "opens a channel under a number of the other side", lambda n: [open_frame(n ^ 1)])
framing("number-left-out", "leaves a number out", lambda n: [open_frame(n + 2)])
framing("open-channel-0", "opens channel 0", lambda n: [open_frame(0)])
framing("open-without-name", "opens a channel without a name", lambda n: [open_frame(n, b"")])
framing("open-priority-3", "opens a channel with the priority 3", lambda n: [open_frame(n, priority=b"\3")])
framing("open-name-utf8", "opens a channel whose name is no UTF-8", lambda n: [open_frame(n, b"\xff")])
framing("ninth-channel", "opens a channel more than it may", lambda n: [open_frame(n + 2 * index) for index in range(9)])
framing("control-empty", "sends a control message of no bytes", lambda n: [frame(CONTROL, b"")])
framing("control-unknown", "sends a control message of type 6", lambda n: [frame(CONTROL, b"\x06")])
framing("control-in-two-frames", "sends a control message in two frames", lambda n: [frame(CONTROL, b"\1", False), frame(CONTROL, b"\x10\1x")])
framing("control-trailing-byte", "sends END with a byte too many", lambda n: [open_frame(n), control(END, n, more=b"\0")])
framing("credit-overflow", "grants more credit than there can be", lambda n: [control(CREDIT, 0, 2**32 - 1)])
framing("credit-of-nothing", "grants no credit", lambda n: [control(CREDIT, 0, 0)])
framing("credit-for-padding", "grants credit for channel 1", lambda n: [control(CREDIT, 1, 5)])
framing("credit-for-unopened", "grants credit for a channel that nobody opened", lambda n: [control(CREDIT, n, 5)])
framing("end-of-unopened", "ends a channel that nobody opened", lambda n: [control(END, n)])
framing("end-of-channel-0", "ends channel 0", lambda n: [control(END, 0)])
framing("reset-of-unopened", "gives up a channel that nobody opened", lambda n: [control(RESET, n, more=b"\0\0")])
framing("reset-of-channel-0", "gives up channel 0", lambda n: [control(RESET, 0, more=b"\0\0")])
framing("end-twice", "ends a channel twice", lambda n: [open_frame(n), control(END, n), control(END, n)])
framing("frame-after-end", "sends a message on a channel that it has ended", lambda n: [open_frame(n), control(END, n), frame(n, HELLO)])
framing("end-inside-message", "ends a channel inside a message", lambda n: [open_frame(n), frame(n, HELLO, False), control(END, n)])
framing("message-after-done", "sends a message after DONE", lambda n: [control(DONE), frame(0, HELLO)])
framing("open-after-done", "opens a channel after DONE", lambda n: [control(DONE), open_frame(n)])
framing("done-twice", "says DONE twice", lambda n: [control(DONE), control(DONE)])
framing("done-inside-message", "says DONE inside a message", lambda n: [frame(0, HELLO, False), control(DONE)])
framing("channel-message-empty", "sends a message of no bytes on a channel", lambda n: [open_frame(n), frame(n, b"")])
framing("channel-spack-cut", "sends a spack that is cut on a channel", lambda n: [open_frame(n), frame(n, HELLO[:-1])])
framing("channel-and-faulty-frame", "opens a channel and then sends a faulty frame in the same record", lambda n: [open_frame(n), b"\0"])
framing("credit-exceeded", "spends more than its credit on the connection itself", lambda n: [frame(0, bytes(4_097), False)])
framing("credit-exceeded-on-channel", "spends a byte more than its credit on a channel",
        lambda n: [open_frame(n), frame(n, large_message(4_096 - 63))])  # fmt: skip
framing("padding-frames", "sends padding between and after messages", lambda n: [frame(1, bytes(100)), frame(1, b"")], True)


def large_message(size):
    """A spack of exactly so many bytes, from 1,026 to 8,000."""
    return spack.encode([("byte[]", bytes(size - 5))])


@acting("credit-spent", "spends all of its credit on a channel, to the last byte", BOTH, True)
def _(session):
    number = session.open("echo")
    session.say(data(frame(number, large_message(4_096 - 64))))
    session.end_channel(number)
    while number in session.channels.live:
        session.pump()
    session.events.clear()


@acting("channel-flood", "opens channels and gives them up, 60,000 times")
def _(session):
    number = first(session)
    for start in range(0, 60_000, 500):
        pairs = ((number + 2 * index) for index in range(start, start + 500))
        session.say(data(*(part for n in pairs for part in (open_frame(n), control(RESET, n, more=b"\0\0")))))


saying("close-inside-channel-message", "sends CLOSE inside a message of a channel",
       data(open_frame(16), frame(16, HELLO, False)), coded(CLOSE, 0), roles=("connect",))  # fmt: skip
