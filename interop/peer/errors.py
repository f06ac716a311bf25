"""What goes wrong, under the names that docs/SPEC.md uses, and what the peer is told of it."""


class StalkError(Exception):
    """`code` is the specification's; `peer` holds code and reason if it was the peer that gave up."""

    def __init__(self, code, text="", peer=None):
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text
        self.peer = peer
        self.told = "nothing"  # in clear, before there are keys


class SpackError(StalkError):
    pass


class Timeout(StalkError):
    def __init__(self, text):
        super().__init__("TIMEOUT", text)


# SPEC, stalk/2 §8: a failure is told with CLOSE, by its code; 2 is for everything that the table does not name.
CLOSE_CODES = {"PEER_MESSAGE_TOO_LARGE": 3, "TIMEOUT": 4, "PEER_DEAD": 4, "CONNECTION_EXPIRED": 5, "INTERNAL": 6}


def close_code(code):
    return CLOSE_CODES.get(code, 2)
