"""A connection once C is there: the verdict, records, messages, channels and the end (SPEC, stalk/2 §6 to §10, §14)."""
import time

from . import payload as entries
from . import spack
from .channels import CREDIT, DONE, END, FIN_COST, OPEN, RESET, Channels, Control, control
from .errors import StalkError, close_code
from .line import Ended
from .noise import hkdf_expand, sha256
from .payload import Payload, entry, write_channels
from .records import ACCEPT, CLOSE, DATA, PING, PONG, REJECT, Direction, coded, frame, frames, read_coded

REJECTED = {1: "IDENTITY_REQUIRED", 2: "NOT_AUTHENTICATED", 3: "NOT_ALLOWED", 4: "TICKET", 5: "NO_PROTOCOL", 6: "BUSY"}
PINGS, PING_SECONDS = 20, 10


class Session:
    def __init__(self, line, config, agreed):
        self.line, self.config, self.agreed = line, config, agreed
        self.is_initiator = agreed.role == "initiator"
        self.peer = agreed.peer
        self.sending = Direction(agreed.suite, agreed.send_key)
        self.receiving = Direction(agreed.suite, agreed.receive_key)
        self.is_established = False
        self.protocol = None
        self.their_largest = entries.DEFAULT_LARGEST
        self.channels = Channels(self.is_initiator)
        self.events = []  # what has arrived and nobody has taken yet
        self.have_closed = self.they_closed = False
        self.pings = []
        self.is_waiting_for_credit = False
        self.told = "nothing"  # of a failure, as the testkit calls it

    # what is said

    def say(self, plaintext):
        try:
            self.line.write(self.config.at("record", self.sending.seal(plaintext)))
        except Ended:
            pass  # reading will find it, and what it means

    def accept(self, theirs):
        """The responder's ACCEPT, in answer to the payload of C."""
        config = self.config
        channels = config.channels if theirs.channels else None
        body = entry(entries.LARGEST, config.largest.to_bytes(4, "big"))
        if self.protocol:
            body += entry(entries.PROTOCOLS, self.protocol.encode())
        if channels:
            body += entry(entries.CHANNELS, write_channels(*channels))
        self.say(bytes([ACCEPT]) + config.at("accept", body))
        self.establish(theirs, channels)

    def reject(self, code, reason, error):
        self.say(coded(REJECT, code, reason))
        self.have_closed, self.told = True, f"reject {code}"
        raise StalkError(error)

    def establish(self, theirs, channels):
        self.is_established = True
        self.their_largest = theirs.largest
        self.channels = Channels(self.is_initiator, channels, theirs.channels)

    def send(self, elements, number=0):
        self.send_bytes(spack.encode(elements), number)

    def send_bytes(self, message, number=0):
        """One message, in frames of which each fits a record and the credit."""
        if len(message) > self.their_largest:
            raise StalkError("MESSAGE_TOO_LARGE")
        channel, position, fin = self.channels.live.get(number), 0, False
        while not fin and channel is not None:
            room = self.config.record_bytes - 12  # the type, and the numbers of one frame
            if channel.send_credit is not None:
                room = min(room, channel.send_credit)
            left = len(message) - position
            fin = left <= room and (channel.send_credit is None or left + FIN_COST <= channel.send_credit)
            part = message[position : position + room]
            if not fin and not part:
                self.wait_for_credit()
                channel = self.channels.live.get(number)
                continue
            self.say(bytes([DATA]) + frame(number, part, fin))
            position += len(part)
            if channel.send_credit is not None:
                channel.send_credit -= len(part) + FIN_COST * fin

    def wait_for_credit(self):
        self.is_waiting_for_credit = True
        self.pump()
        self.is_waiting_for_credit = False

    def tell(self, *args, **more):
        """A control message, in a record of its own."""
        self.say(bytes([DATA]) + control(*args, **more))

    def open(self, name, priority=1):
        channel = self.channels.open_mine(name)
        self.tell(OPEN, channel.number, more=bytes([priority]) + name.encode())
        return channel.number

    def end_channel(self, number):
        channel = self.channels.live[number]
        channel.have_ended = True
        self.tell(END, number)
        self.channels.forget_if_over(channel)

    def reset(self, number, code, reason=""):
        self.channels.live.pop(number)
        self.tell(RESET, number, more=code.to_bytes(2, "big") + reason.encode())

    def end(self):
        """Ends our direction: CLOSE{0}, or where there are channels DONE, until the peer has said it as well."""
        if self.channels.are_agreed and not (self.channels.they_are_done or self.they_closed):
            self.channels.we_are_done = True
            self.tell(DONE)
        else:
            self.close(0)

    def pad(self, records):
        """Many records of one empty frame of padding each: for counting on to where the key changes."""
        while records:
            batch = min(records, 10_000)
            self.line.write(b"".join(self.sending.seal(b"\x01\x01\x01") for _ in range(batch)))
            records -= batch

    def close(self, code, reason=""):
        if not self.have_closed:
            self.say(coded(CLOSE, code, reason))
            self.have_closed = True

    def export(self, label, context, length):
        info = b"stalk/2 exp\0" + label.encode() + b"\0" + self.agreed.binding + sha256(context)
        return hkdf_expand(self.agreed.exporter, info, length)

    # what is heard

    def pump(self):
        """Reads one record and does what it says. False when the peer has sent its last."""
        try:
            if self.they_closed:
                self.line.read(1)
                raise StalkError("RECORD_AFTER_CLOSE")
            size = int.from_bytes(self.line.read(2), "big")
            if size < 17:
                raise StalkError("RECORD_LENGTH")
            ciphertext = self.line.read(size)
        except Ended as ended:
            self.line_ended(ended.nothing)
            return False
        self.take(self.receiving.open(ciphertext))
        return True

    def line_ended(self, is_between):
        if self.they_closed:
            return
        if not self.is_established:
            raise StalkError("HANDSHAKE_TRUNCATED")
        if not self.channels.they_are_done or self.is_waiting_for_credit or not is_between:
            raise StalkError("CONNECTION_TRUNCATED")
        self.they_closed = True
        self.events.append({"event": "ended", "channel": 0})

    def take(self, plaintext):
        kind, body = plaintext[0], plaintext[1:]
        if kind not in (DATA, CLOSE, PING, PONG, ACCEPT, REJECT):
            raise StalkError("RECORD_TYPE_UNKNOWN", str(kind))
        if kind in (CLOSE, REJECT):
            code, reason = read_coded(body, "RECORD_BODY_INVALID")
            if kind == REJECT and code == 0:
                raise StalkError("RECORD_BODY_INVALID")
            self.take_coded(kind, code, reason)
            return
        if kind in (PING, PONG) and len(body) != 8:
            raise StalkError("RECORD_BODY_INVALID")
        is_verdict = kind == ACCEPT
        if is_verdict != (self.is_initiator and not self.is_established):
            raise StalkError("RECORD_UNEXPECTED")
        if not is_verdict and not self.is_established:
            raise StalkError("RECORD_UNEXPECTED")
        {ACCEPT: self.take_accept, DATA: self.take_data, PING: self.take_ping, PONG: self.take_pong}[kind](body)

    def take_coded(self, kind, code, reason):
        peer = {"code": code, "reason": reason}
        if kind == REJECT:
            if self.is_established or not self.is_initiator:
                raise StalkError("RECORD_UNEXPECTED")
            self.have_closed = True  # it is not answered
            raise StalkError(f"REJECTED_{REJECTED.get(code, 'OTHER')}", reason, peer)
        if code != 0:
            self.have_closed = True
            raise StalkError("CLOSED_BY_PEER", reason, peer)
        if self.channels.is_inside_a_message():
            raise StalkError("MESSAGE_TRUNCATED")
        if self.is_initiator and not self.is_established:
            raise StalkError("RECORD_UNEXPECTED")
        self.they_closed = self.channels.they_are_done = True
        if self.channels.we_are_done:
            self.close(0)
        self.events.append({"event": "ended", "channel": 0, "reason": reason})

    def take_accept(self, body):
        theirs, offered = Payload(body, "ACCEPT"), self.config.protocols
        chosen = theirs.protocols[0] if theirs.protocols else None
        if (chosen not in offered) if offered else (chosen is not None):
            raise StalkError("STALK2_PAYLOAD_VALUE")
        self.protocol = chosen
        self.establish(theirs, self.config.channels)

    def take_ping(self, body):
        now = time.monotonic()
        self.pings = [before for before in self.pings if now - before < PING_SECONDS] + [now]
        if len(self.pings) > PINGS:
            raise StalkError("PING_FLOOD")
        if not self.have_closed:
            self.say(bytes([PONG]) + body)

    def take_pong(self, body):
        self.events.append({"event": "pong", "bytes": body.hex()})

    def take_data(self, body):
        whole = []
        for number, data, fin in frames(body, self.channels.is_channel):
            if number == 1:
                continue
            if number == 2:
                self.take_control(Control(data, fin), whole)
            else:
                self.take_part(number, data, fin, whole)
        for event in whole:
            if event["event"] == "message":
                event["elements"] = self.read_message(event.pop("bytes"))
            self.events.append(event)
        self.grant()

    def read_message(self, message):
        try:
            return spack.decode(message)
        except StalkError as error:
            raise StalkError("PEER_MESSAGE_INVALID", error.code) from error

    def grant(self):
        for channel in self.channels.live.values():
            granted = channel.grant()
            if granted and not self.have_closed:
                self.tell(CREDIT, channel.number, granted)

    def take_part(self, number, data, fin, whole):
        if self.channels.they_are_done:
            raise StalkError("CHANNEL_ENDED")
        channel = self.channels.find(number)
        if channel is None:
            return
        if channel.they_ended:
            raise StalkError("CHANNEL_ENDED")
        channel.spend(data, fin)
        channel.partial += data
        if not channel.partial:
            raise StalkError("FRAME_EMPTY")
        if len(channel.partial) > self.config.largest:
            raise StalkError("PEER_MESSAGE_TOO_LARGE")
        if fin:
            whole.append({"event": "message", "channel": number, "bytes": bytes(channel.partial)})
            channel.partial = bytearray()

    def take_control(self, message, whole):
        channels = self.channels
        if message.kind == OPEN:
            channel = channels.open_theirs(message)
            whole.append({"event": "opened", "channel": channel.number, "name": channel.name})
        elif message.kind == DONE:
            if channels.they_are_done:
                raise StalkError("CHANNEL_ENDED")
            if channels.is_inside_a_message():
                raise StalkError("MESSAGE_TRUNCATED")
            channels.they_are_done = True
            whole.append({"event": "done", "channel": 0})
            if channels.we_are_done:
                self.close(0)
        elif message.kind == END:
            self.take_end(message.number, whole)
        else:
            channel = channels.find(message.number)
            if message.kind == RESET and message.number == 0:
                raise StalkError("CHANNEL_UNKNOWN")
            if channel is not None and message.kind == CREDIT:
                channel.take_credit(message.credit)
            elif channel is not None:
                channels.live.pop(message.number)
                whole.append({"event": "reset", "channel": message.number, "code": message.code, "reason": message.reason})

    def take_end(self, number, whole):
        if self.channels.they_are_done:
            raise StalkError("CHANNEL_ENDED")
        channel = self.channels.find(number) if number else None
        if channel is None:
            if number == 0:
                raise StalkError("CHANNEL_UNKNOWN")
            return
        if channel.they_ended:
            raise StalkError("CHANNEL_ENDED")
        if channel.partial:
            raise StalkError("MESSAGE_TRUNCATED")
        channel.they_ended = True
        self.channels.forget_if_over(channel)
        whole.append({"event": "ended", "channel": number})

    def fail(self, error):
        """Tells the peer, once, and waits for the end of the line."""
        if not self.have_closed:
            self.told = f"close {close_code(error.code)}"
        self.close(close_code(error.code), error.code)
        self.line.end()
        self.line.drain()
