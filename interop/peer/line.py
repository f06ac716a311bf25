"""A socket with deadlines, that reads while it waits to write: two sides that both only write would wait for ever."""
import select
import socket
import time

from .errors import Timeout

CHUNK = 262_144


class Ended(Exception):
    """The line ended where more was expected; `nothing` says that not one byte of it had come."""

    def __init__(self, nothing):
        super().__init__("the line ended")
        self.nothing = nothing


class Line:
    def __init__(self, sock, seconds=15.0):
        self.sock = sock
        self.seconds = seconds
        self.inbox = bytearray()
        self.is_ended = False  # the other side's direction
        self.dribble = False  # one byte in each packet, which no receiver may mind
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def wait(self, deadline, to_write=False):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Timeout("the other side keeps us waiting")
        reading = [] if self.is_ended else [self.sock]
        return select.select(reading, [self.sock] if to_write else [], [], left)

    def fetch(self):
        """Whatever is there to be read."""
        try:
            chunk = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""  # a reset is an end, too
        self.inbox += chunk
        self.is_ended = not chunk

    def read(self, count):
        if len(self.inbox) < count:
            self.wait_for(count)
        taken = bytes(self.inbox[:count])
        del self.inbox[:count]
        return taken

    def wait_for(self, count):
        deadline = time.monotonic() + self.seconds
        while len(self.inbox) < count:
            if self.is_ended:
                raise Ended(not self.inbox)
            if self.wait(deadline)[0]:
                self.fetch()

    def write(self, data):
        if self.dribble:
            for byte in data[:512]:
                self.write_all(bytes([byte]))
                time.sleep(0.0003)
            data = data[512:]
        self.write_all(data)

    def write_all(self, data):
        deadline = time.monotonic() + self.seconds
        view = memoryview(data)
        while view:
            try:
                view = view[self.sock.send(view[: CHUNK]) :]
                continue
            except BlockingIOError:
                pass
            except OSError:
                raise Ended(True) from None
            if self.wait(deadline, to_write=True)[0]:
                self.fetch()

    def end(self):
        """Ends our direction."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def drain(self, seconds=5.0):
        """Reads on and discards until the line ends, so that a reset does not destroy what was said (SPEC, stalk/2 §1)."""
        deadline = time.monotonic() + seconds
        try:
            while not self.is_ended:
                self.inbox.clear()
                if self.wait(deadline)[0]:
                    self.fetch()
        except Timeout:
            pass

    def close(self):
        self.sock.close()
