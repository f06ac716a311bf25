"""What two sides say to each other in the tests: one leads, the other echoes and does as it is asked."""
from . import spack
from .errors import StalkError
from .records import REKEY_EVERY

PLEASE = "please"
DROP = "drop"  # begins a message that is not to be echoed
LARGE_STEP = 251


def samples():
    """Messages of every type that spack has."""
    yield []
    yield [("integer", 0), ("integer", -1), ("integer", 2**53), ("integer", -(2**200)), ("bigint", 5)]
    yield [("float32", 1.5), ("float32", float("-inf")), ("float64", -0.0), ("float64", float("nan")), ("float64", 5e-324)]
    yield [("byte", 255), ("string", ""), ("string", "é\u0000\ufeff𝄞"), ("null", None), ("boolean", True), ("boolean", False)]
    yield [("integer[]", [1, -64, 2**70]), ("float32[]", [0.5, -0.5]), ("float64[]", [0.1]), ("byte[]", bytes(range(256)))]
    yield [("integer[]", []), ("float32[]", []), ("float64[]", []), ("byte[]", b"")]
    yield [("date", -1), ("date", 8_640_000_000_000_000)]
    inner = ("map", [("b", ("list", [])), ("a", ("list", [("string", "x"), ("null", None), ("byte[]", b"\0")])), ("", ("map", []))])
    yield [("list", [inner, ("bigint", -(2**64)), ("date", 981_173_106_007)]), ("map", [("k", ("integer[]", [1]))])]
    nested = ("list", [])
    for _ in range(63):
        nested = ("list", [nested])
    yield [nested]


def large(size):
    return [("string", "large"), ("byte[]", (bytes(range(LARGE_STEP)) * (size // LARGE_STEP + 1))[:size])]


class Conversation:
    def __init__(self, session, options, report):
        self.session, self.options, self.report = session, options, report
        self.is_over = False
        self.names = {0: "connection"}  # channels are reported by their names, which both sides know

    def send(self, elements, number=0):
        self.report(event="sent", channel=self.names[number], elements=spack.describe(elements))
        self.session.send(self.options.at("message", elements), number)

    def next(self):
        """The next event, reported; None when the peer has sent its last."""
        session = self.session
        while not session.events:
            if not session.pump():
                if not session.events:
                    return None
        event = session.events.pop(0)
        if event["event"] == "opened":
            self.names[event["channel"]] = event["name"]
        reported = dict(event)
        if "channel" in event:
            reported["channel"] = self.names[event["channel"]]
        if event["event"] == "message":
            reported.update(event="received", elements=spack.describe(event["elements"]))
        self.report(**reported)
        return event

    def open(self, name, priority=1):
        number = self.session.open(name, priority)
        self.names[number] = name
        return number

    def expect(self, kind, number):
        """The next event on a channel. The two sides say no more than one thing at a time, so there is no other."""
        event = self.next()
        # a PONG may come at any time; DONE and CLOSE are both the end of a direction, and may both be said
        while event is not None and (event["event"] == "pong" or (event["event"] == "done" and kind != "ended")):
            event = self.next()
        is_end = event is not None and kind == "ended" and event["event"] == "done"
        if event is None or event["channel"] != number or not (is_end or event["event"] == kind):
            raise StalkError("CONVERSATION", f"expected {kind} on {number}, not {event}")
        return event

    def exchange(self, elements, number=0):
        self.send(elements, number)
        echo = self.expect("message", number)["elements"]
        if spack.encode(echo) != spack.encode(elements):
            raise StalkError("CONVERSATION", "the echo differs")

    def ask(self, what):
        self.send([("string", PLEASE), ("string", what)])

    # the side that leads

    def lead(self):
        for elements in samples():
            self.exchange(elements)
        if self.options.large:
            self.exchange(large(self.options.large))
        if self.options.rekey:
            self.rekey()
        if self.session.channels.are_agreed:
            self.lead_channels()
        ending = self.options.ending
        if ending == "reason":
            self.session.close(0x4001, "enough")
            self.session.line.end()
            self.session.line.drain()
            return
        if ending == "their-reason":
            self.ask("close with a reason")
            while self.next() is not None:
                pass
            return
        if ending == "they-end-first":
            self.ask("end first")
            self.expect("ended", 0)
            self.send([("string", "after your end")])
            self.session.end()
        else:
            self.session.end()
            for _ in range(2):
                self.expect("message", 0)
        self.finish()

    def lead_channels(self):
        number = self.open("echo")
        for elements in samples():
            self.exchange(elements, number)
        self.exchange(large(self.options.large or 200_000), number)
        self.session.end_channel(number)
        self.expect("ended", number)
        self.ask("open a channel")
        number = self.expect("opened", self.session.channels.next_theirs)["channel"]
        self.send(self.expect("message", number)["elements"], number)
        self.expect("ended", number)
        self.session.end_channel(number)
        refused = self.open("refuse me", priority=2)
        self.send([("integer", 1)], refused)
        self.expect("reset", refused)

    def rekey(self):
        """Our key changes at 2^20 records, and there is no way to make it change before: so that many are sent."""
        self.session.pad(REKEY_EVERY + 3)
        self.exchange([("string", "after the change of our key")])

    # the side that follows

    def follow(self):
        session = self.session
        while not self.is_over:
            event = self.next()
            if event is None:
                break
            kind, number = event["event"], event["channel"] if "channel" in event else None
            if kind == "message":
                self.answer(number, event["elements"])
            elif kind == "opened" and event["name"] == "refuse me":
                session.reset(number, 1, "refused")
            elif kind == "ended" and number and number in session.channels.live:
                self.follow_end(number)
            elif kind in ("ended", "done") and number == 0 and not session.have_closed and not session.channels.we_are_done:
                for _ in range(2):
                    self.send([("string", "after your end")])
                session.end()
        if not self.is_over:
            self.finish()

    def follow_end(self, number):
        self.session.end_channel(number)

    def answer(self, number, elements):
        session = self.session
        if number == 0 and session.channels.we_are_done or session.have_closed:
            return  # it came after our end, and is reported
        if elements and elements[0] == ("string", DROP):
            return
        if not elements or elements[0] != ("string", PLEASE):
            # what we opened ourselves is echoed by the other side
            channel = session.channels.live.get(number)
            if channel is not None and not channel.is_mine:
                self.send(elements, number)
            return
        what = elements[1][1]
        if what == "open a channel":
            mine = self.open("back")
            self.send([("string", "from the other side")], mine)
            self.expect("message", mine)
            session.end_channel(mine)
        elif what == "end first":
            session.end()
        elif what == "close with a reason":
            session.close(0x4002, "as you wish")
            session.line.end()
            session.line.drain()
            self.is_over = True

    def finish(self):
        """Both have to end; then the line may be ended, and nothing may come."""
        session = self.session
        while not (session.have_closed and session.they_closed):
            if self.next() is None:
                break
        session.line.end()
        while session.pump():
            pass
