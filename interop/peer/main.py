"""The command: `python3 -m peer connect HOST PORT …` and `python3 -m peer listen …`. Writes one line of JSON for each event."""
import argparse
import json
import socket
import sys

from . import bugs
from .config import Config
from .connection import answer, connect, decide, judge, wait_for_verdict
from .conversation import Conversation
from .errors import StalkError
from .identity import Identity, base64url, pin_fingerprint
from .line import Ended, Line


def report(**event):
    print(json.dumps(event), flush=True)


def parser():
    top = argparse.ArgumentParser(prog="python3 -m peer", description=__doc__)
    top.add_argument("--bug", help="a deliberate bug; `--bug list` lists them")
    commands = top.add_subparsers(dest="command")
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--identity", metavar="FILE", help="id_priv, PEM; without it a fresh Ed25519 key")
    both.add_argument("--suite", default="1,2", help="suites by preference, such as 2,1")
    both.add_argument("--protocol", action="append", default=[], help="an application protocol, by preference")
    both.add_argument("--no-channels", action="store_true")
    both.add_argument("--credit", type=int, default=65_536, help="what the other side may send at first on a channel")
    both.add_argument("--largest", type=int, default=16_777_216, help="largest message that is taken")
    both.add_argument("--lead", action="store_true", help="lead the conversation instead of echoing")
    both.add_argument("--large", type=int, default=0, metavar="BYTES", help="one message of so much, too")
    both.add_argument("--rekey", action="store_true", help="send 2^20 records, after which the key changes")
    both.add_argument("--record-bytes", type=int, default=32_750, help="plaintext of a record at most")
    both.add_argument("--dribble", action="store_true", help="send the first bytes of everything one by one")
    both.add_argument("--ending", default="end", choices=("end", "they-end-first", "reason", "their-reason"))
    both.add_argument("--expect-suite", type=int, help="fail with any other suite")
    both.add_argument("--seconds", type=float, default=15, help="how long anything may take")
    both.add_argument("--bug", default=argparse.SUPPRESS)
    client = commands.add_parser("connect", parents=[both])
    client.add_argument("host")
    client.add_argument("port", type=int)
    client.add_argument("--anonymous", action="store_true")
    client.add_argument("--server-identity", help="fingerprint or text of whom is expected; without it whoever answers")
    server = commands.add_parser("listen", parents=[both])
    server.add_argument("--connections", type=int, default=1, help="how many are served, one after the other")
    server.add_argument("--identified", action="store_true", help="refuse anonymous peers")
    server.add_argument("--refuse", action="store_true", help="let nobody in")
    return top


class Options:
    """What the conversation wants to know."""

    def __init__(self, arguments, config):
        self.lead, self.large, self.rekey = arguments.lead, arguments.large, arguments.rekey
        self.ending, self.at = arguments.ending, config.at


def config_of(arguments):
    is_client = arguments.command == "connect"
    identity = Identity.load(arguments.identity) if arguments.identity else Identity.generate()
    return Config(
        identity=None if is_client and arguments.anonymous else identity,
        pin=pin_fingerprint(arguments.server_identity) if is_client and arguments.server_identity else None,
        suites=[int(suite) for suite in arguments.suite.split(",")],
        protocols=arguments.protocol,
        channels=None if arguments.no_channels else (arguments.credit, 1_000),
        largest=arguments.largest,
        record_bytes=arguments.record_bytes,
        allow_anonymous=is_client or not arguments.identified,
        is_allowed=is_client or not arguments.refuse,
    )


def open_session(role, line, config):
    """The established session."""
    if role == "connect":
        session = connect(line, config)
        config.at("c_sent", session)
        run_guarded(session, lambda: wait_for_verdict(session))
    else:
        session, handshake = answer(line, config)
        if "verdict" in config.changes:
            config.at("verdict", session)
            raise bugs.Told(bugs.listen_for(session))
        run_guarded(session, lambda: decide(session, judge(session, handshake)))
    return session


def run_guarded(session, act):
    """What fails in a session is told to the peer, once."""
    try:
        return act()
    except StalkError as error:
        session.fail(error)
        error.told = session.told
        raise


def established(session, config):
    agreed = session.agreed
    peer = session.peer
    report(
        event="established",
        role=agreed.role,
        suite=agreed.suite,
        channelBinding=config.at("binding", agreed.binding).hex(),
        exported=session.export("interop", b"context", 48).hex(),
        peerIdentity=None if peer is None else str(peer),
        peerFingerprint=None if peer is None else peer.fingerprint,
        applicationProtocol=session.protocol,
        hasChannels=session.channels.are_agreed,
    )


def serve(sock, arguments, config, bug):
    """One connection from its beginning to its end."""
    line = Line(sock, arguments.seconds)
    line.dribble = arguments.dribble or config.is_dribbling
    if arguments.command == "connect":
        report(event="connected", port=sock.getsockname()[1])
    try:
        if bug is not None and bug.before is not None:
            report(event="told", what=bug.before(line, config))
            return
        session = open_session(arguments.command, line, config)
        if arguments.expect_suite not in (None, session.agreed.suite):
            raise StalkError("UNEXPECTED_SUITE", str(session.agreed.suite))
        established(session, config)
        if bug is not None and bug.act is not None:
            bug.act(session)
            if not bug.is_control:
                report(event="told", what=bugs.listen_for(session))
                return
        conversation = Conversation(session, Options(arguments, config), report)
        run_guarded(session, conversation.lead if arguments.lead else conversation.follow)
        report(event="over", recordsSent=session.sending.counter, recordsReceived=session.receiving.counter,
               rekeysSent=session.sending.rekeys, rekeysReceived=session.receiving.rekeys)  # fmt: skip
    except bugs.Told as told:
        report(event="told", what=str(told))
    except StalkError as error:
        report(event="error", code=error.code, text=error.text, peer=error.peer, told=error.told)
        if bug is not None:
            report(event="told", what=bugs.told_by(error))
    except Ended:
        report(event="error", code="ENDED", text="the line is gone", peer=None, told="nothing")
        if bug is not None:
            report(event="told", what="nothing")
    finally:
        line.close()


def main(argv=None):
    arguments = parser().parse_args(argv)
    if arguments.bug == "list":
        for bug in bugs.load().values():
            report(name=bug.name, roles=bug.roles, isControl=bug.is_control, text=bug.text)
        return
    if arguments.command is None:
        parser().error("connect or listen")
    config = config_of(arguments)
    bug = bugs.find(arguments.bug, arguments.command) if arguments.bug else None
    if bug is not None:
        bug.apply(config)
    if config.identity is not None:
        report(event="identity", text=f"stalk/2:{config.identity.type}:{base64url(config.identity.spki)}")
    if arguments.command == "connect":
        serve(socket.create_connection((arguments.host, arguments.port)), arguments, config, bug)
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)  # nobody came: a test has failed, and this process is not to stay
        report(event="listening", port=server.getsockname()[1])
        for _ in range(arguments.connections):
            try:
                sock, _ = server.accept()
            except TimeoutError:
                sys.exit("nobody connected")
            serve(sock, arguments, config, bug)
