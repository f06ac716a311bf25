"""Deliberate bugs by name: `--bug NAME` makes the honest peer have one. What the other side must say of each is in ../bugs.ts.

A bug alters values on their way (`changes`, see Config.at), replaces the handshake (`before`), or does something once the
connection is established (`act`). One that is a `control` does what is unusual and allowed: the conversation goes on.
"""
from .errors import StalkError
from .records import CLOSE, REJECT, read_coded

BUGS = {}
BOTH = ("connect", "listen")


class Bug:
    def __init__(self, name, text, roles, is_control):
        self.name, self.text, self.roles, self.is_control = name, text, roles, is_control
        self.changes, self.before, self.act = {}, None, None
        BUGS[name] = self

    def apply(self, config):
        config.changes.update(self.changes)


class Told(Exception):
    """The bug has been and gone; the text is what the other side said of it."""


def altering(name, text, roles=BOTH, control=False, **changes):
    """A bug that is an altered value or several: `point=function`."""
    Bug(name, text, roles, control).changes = changes


def handshaking(name, text, roles, control=False):
    """A bug that is a handshake of its own: a function of the line and the configuration."""

    def register(function):
        Bug(name, text, roles, control).before = function
        return function

    return register


def acting(name, text, roles=BOTH, control=False):
    """A bug that is something done once the connection is established: a function of the session."""

    def register(function):
        Bug(name, text, roles, control).act = function
        return function

    return register


def load():
    """All bugs: the modules register theirs as they are loaded."""
    from . import bugs_channels, bugs_handshake, bugs_proof, bugs_records  # noqa: F401

    return BUGS


def find(name, role):
    bug = load().get(name)
    if bug is None or role not in bug.roles:
        raise SystemExit(f"there is no bug {name} of a peer that is to {role}; --bug list lists them")
    return bug


def told_by(error):
    """What the other side said of a failure, as the testkit calls it."""
    if error.code == "STALK2_REFUSED":
        return f"refusal {error.peer['code']}"
    if error.code.startswith("REJECTED_"):
        return f"reject {error.peer['code']}"
    if error.code == "CLOSED_BY_PEER":
        return f"close {error.peer['code']}"
    return "nothing" if error.code.endswith("_TRUNCATED") else error.code


def listen_in_clear(line, prefix=b""):
    """What an initiator is told by a responder that has no keys yet."""
    said = prefix
    try:
        while len(said) < 3:
            said += line.read(1)
    except Exception as ended:  # the end of the line, or nothing for too long
        if said or isinstance(ended, StalkError):
            return f"{said.hex()} {ended}"
        return "nothing"
    return f"refusal {int.from_bytes(said[1:3], 'big')}" if said[0] == 0 else f"an answer {said[0]:02x}"


def listen_for(session):
    """What the other side says of what was done to it. Whatever else it says is read and left alone."""
    from .line import Ended

    while True:
        try:
            plaintext = session.receiving.open(session.line.read(int.from_bytes(session.line.read(2), "big")))
        except Ended:
            return "nothing"
        if plaintext[0] in (CLOSE, REJECT):
            code = read_coded(plaintext[1:], "RECORD_BODY_INVALID")[0]
            return f"{'close' if plaintext[0] == CLOSE else 'reject'} {code}"
