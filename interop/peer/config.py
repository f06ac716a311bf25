"""What a side is told about itself, and how it is changed by a bug."""
from .noise import KeyPair
from .payload import DEFAULT_LARGEST


class Config:
    def __init__(self, **settings):
        self.identity = None  # None: anonymous, which only an initiator may be
        self.pin = None  # the fingerprint of whom an initiator expects; None: whoever answers
        self.suites = [1, 2]
        self.protocols = []
        self.allow_anonymous = True
        self.is_allowed = True  # what a responder's application says to whoever has proved an identity
        self.largest = DEFAULT_LARGEST
        self.channels = (65_536, 1_000)  # credit, and how many the peer may open; None: no channels
        self.record_bytes = 32_750
        self.is_dribbling = False  # the first bytes of whatever is written go one by one
        self.next_key = KeyPair
        self.changes = {}  # by the name of a point: a function of the value that the honest peer has there
        for name, value in settings.items():
            if not hasattr(self, name):
                raise TypeError(name)
            setattr(self, name, value)

    def at(self, point, value):
        """Every value that a bug may alter passes through here; without a bug it comes out as it went in."""
        change = self.changes.get(point)
        return value if change is None else change(value)
