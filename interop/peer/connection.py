"""From a line to a session: the handshake, its failures and what the peer is told of them, and the verdict."""
from .errors import StalkError
from .handshake import Initiator, Responder
from .payload import Payload
from .session import Session


def connect(line, config):
    """The initiator's session, which waits for the verdict."""
    try:
        return Session(line, config, Initiator(line, config).run())
    except StalkError:
        line.end()  # nothing is said before C is sent (SPEC, stalk/2 §1)
        raise


def answer(line, config):
    """The responder's session and its handshake, once C is decrypted."""
    handshake = Responder(line, config)
    try:
        return Session(line, config, handshake.run()), handshake
    except StalkError as error:
        if handshake.refusal is not None and error.code != "HANDSHAKE_TRUNCATED":
            line.write(b"\0" + handshake.refusal.to_bytes(2, "big"))
            error.told = f"refusal {handshake.refusal}"
        line.end()
        raise


def judge(session, handshake):
    """What C's payload is worth (SPEC, stalk/2 §6), up to where the application is asked. Gives the payload."""
    theirs = Payload(session.agreed.payload_c, "C")
    config = session.config
    try:
        handshake.check_proof("C", theirs, handshake.their_static)
    except StalkError as error:
        session.reject(2, "", error.code)
    session.peer = handshake.peer
    if session.peer is None and not config.allow_anonymous:
        session.reject(1, "", "ANONYMOUS_REFUSED")
    offered = theirs.protocols
    session.protocol = next((name for name in offered if name in config.protocols), None)
    if session.protocol is None and (offered or config.protocols):
        session.reject(5, "", "NO_APPLICATION_PROTOCOL")
    return theirs


def wait_for_verdict(session):
    while not session.is_established:
        session.pump()


def decide(session, theirs):
    """The application's yes or no."""
    if not session.config.is_allowed:
        session.reject(3, "not allowed", "NOT_AUTHORIZED")
    session.accept(theirs)
