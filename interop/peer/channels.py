"""Channels and their credit (SPEC, stalk/2 §14), as far as they are the same for what is sent and what is received."""
from . import leb128
from .errors import StalkError
from .records import MAX_NUMBER, frame, read_coded, read_number, read_text

CONTROL = 2
OPEN, CREDIT, END, RESET, DONE = 1, 2, 3, 4, 5
FIN_COST = 64
INVALID = "CHANNEL_CONTROL_INVALID"


def control(kind, *numbers, more=b""):
    """The frame of a control message."""
    return frame(CONTROL, bytes([kind]) + b"".join(map(leb128.unsigned, numbers)) + more)


def cost(data, fin):
    return len(data) + FIN_COST * fin


class Control:
    """A control message, read: `kind`, `number`, and what else its kind has."""

    def __init__(self, data, fin):
        if not fin or not data or data[0] not in (OPEN, CREDIT, END, RESET, DONE):
            raise StalkError(INVALID)
        self.kind, body = data[0], data[1:]
        if self.kind == DONE:
            if len(body) > 255:
                raise StalkError(INVALID)
            self.reason = read_text(body, INVALID)
            return
        self.number, position = read_number(body, 0, INVALID)
        rest = body[position:]
        if self.kind == OPEN:
            if not 2 <= len(rest) <= 256 or rest[0] > 2:
                raise StalkError(INVALID)
            self.priority, self.name = rest[0], read_text(rest[1:], INVALID)
        elif self.kind == CREDIT:
            self.credit, end = read_number(rest, 0, INVALID)
            if end != len(rest) or self.credit == 0:
                raise StalkError(INVALID)
        elif self.kind == RESET:
            self.code, self.reason = read_coded(rest, INVALID)
        elif rest:
            raise StalkError(INVALID)


class Channel:
    """Channel 0, or one that somebody opened. Credit is None where nothing is paid for."""

    def __init__(self, number, send_credit, receive_credit, is_mine=False, name=""):
        self.number, self.name, self.is_mine = number, name, is_mine
        self.send_credit, self.receive_credit = send_credit, receive_credit
        self.first_credit = receive_credit
        self.partial = bytearray()
        self.have_ended = self.they_ended = False

    def spend(self, data, fin):
        """Something arrived."""
        if self.receive_credit is not None:
            if cost(data, fin) > self.receive_credit:
                raise StalkError("CHANNEL_CREDIT_EXCEEDED")
            self.receive_credit -= cost(data, fin)

    def grant(self):
        """How much to grant, which is nothing until half of the first credit is used."""
        if self.receive_credit is None or self.they_ended or self.receive_credit > self.first_credit // 2:
            return 0
        granted = self.first_credit - self.receive_credit
        self.receive_credit = self.first_credit
        return granted

    def take_credit(self, credit):
        if self.send_credit is None:
            return
        self.send_credit += credit
        if self.send_credit > MAX_NUMBER:
            raise StalkError("CHANNEL_CREDIT_OVERFLOW")


class Channels:
    """Which channels there are; those that are over are known by their number alone."""

    def __init__(self, is_initiator, mine=None, theirs=None):
        """`mine` is what our own entry 06 said, `theirs` the peer's: (credit, how many the other may open)."""
        self.are_agreed = mine is not None and theirs is not None
        self.mine, self.theirs = mine, theirs
        credits = (theirs[0], mine[0]) if self.are_agreed else (None, None)
        self.live = {0: Channel(0, *credits)}
        self.next_mine, self.next_theirs = (16, 17) if is_initiator else (17, 16)
        self.they_are_done = self.we_are_done = False

    def is_channel(self, number):
        return number <= 1 or (self.are_agreed and (number == CONTROL or number >= 16))

    def was(self, number):
        if number == 0:
            return True
        ours = number % 2 == self.next_mine % 2
        return number >= 16 and number < (self.next_mine if ours else self.next_theirs)

    def find(self, number):
        """The channel, or None if it is over."""
        if not self.was(number):
            raise StalkError("CHANNEL_UNKNOWN", str(number))
        return self.live.get(number)

    def open_mine(self, name):
        number = self.next_mine
        self.next_mine += 2
        self.live[number] = Channel(number, self.theirs[0], self.mine[0], True, name)
        return self.live[number]

    def open_theirs(self, control_message):
        if self.they_are_done:
            raise StalkError("CHANNEL_ENDED")
        if control_message.number != self.next_theirs:
            raise StalkError("CHANNEL_ID")
        open_now = sum(1 for channel in self.live.values() if channel.number and not channel.is_mine)
        if open_now >= self.mine[1]:
            raise StalkError("CHANNEL_LIMIT")
        self.next_theirs += 2
        channel = Channel(control_message.number, self.theirs[0], self.mine[0], False, control_message.name)
        self.live[channel.number] = channel
        return channel

    def forget_if_over(self, channel):
        if channel.number and channel.have_ended and channel.they_ended:
            self.live.pop(channel.number, None)

    def is_inside_a_message(self):
        return any(channel.partial for channel in self.live.values())
