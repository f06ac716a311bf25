"""Runs this peer through the vectors of the repository: `python3 -m peer.testkit`, from the folder above. Prints one line of JSON."""
import json
import pathlib
import sys

from . import spack
from .config import Config
from .connection import answer, connect, judge
from .errors import StalkError
from .identity import Identity, PublicIdentity
from .line import Ended
from .noise import KeyPair
from .records import Direction

NOTHING = {"opened": None, "messages": [], "end": None}
VECTORS = pathlib.Path(__file__).resolve().parents[2] / "test-vectors"

def load(name):
    return json.loads((VECTORS / name).read_text())


class Script:
    """A line that plays a transcript: what is read comes from its `receive`, what is written is kept for its `send`."""

    def __init__(self, steps):
        self.steps = list(steps)
        self.inbox, self.outbox, self.is_ended = bytearray(), bytearray(), False
        self.wrong = []

    def is_at(self, kind):
        return bool(self.steps) and kind in self.steps[0]

    @property
    def is_going_on(self):
        return bool(self.steps or self.inbox)

    def settle(self):
        """Compares what was said with the `send` that is due."""
        if self.is_at("send"):
            wanted = self.steps.pop(0)["send"]
            if bytes(self.outbox).hex() != wanted:
                self.wrong.append(f"said {bytes(self.outbox).hex()[:4000]}, not {wanted[:4000]}")
        elif self.outbox:
            self.wrong.append(f"said {bytes(self.outbox).hex()}, where nothing was to be said")
        self.outbox.clear()

    def read(self, count):
        while len(self.inbox) < count:
            if self.is_ended:
                raise Ended(not self.inbox)
            self.settle()
            if self.is_at("receive"):
                self.inbox += bytes.fromhex(self.steps.pop(0)["receive"])
            elif self.is_at("lineEnds"):
                self.steps.pop(0)
                self.is_ended = True
            else:
                raise Stopped
        taken = bytes(self.inbox[:count])
        del self.inbox[:count]
        return taken

    def write(self, data):
        self.outbox += data

    def end(self):
        pass

    drain = end


class Stopped(Exception):
    """The transcript has nothing more to be read: something is to be done, or it is over."""


def config_of(you, identities):
    keys = iter([KeyPair(bytes.fromhex(key)) for key in you["x25519"]])
    signatures = iter(you.get("signatures", []))
    identity = identities[you["identity"]] if you["identity"] else None
    pin = you.get("pin")
    channels = you.get("channels")
    config = Config(
        identity=identity,
        pin=identities[pin].fingerprint if pin else None,
        suites=you["suites"],
        protocols=you["applicationProtocols"] or [],
        allow_anonymous=you["allowAnonymous"],
        largest=you["maxMessageBytes"],
        channels=(channels["creditBytes"], channels["maxChannels"]) if channels else None,
        next_key=lambda: next(keys),
        record_bytes=65_518,
    )

    def sign(honest):
        def recorded(signed):
            signature = bytes.fromhex(next(signatures))
            PublicIdentity(identity.spki).verify(signature, signed)
            return signature if identity.is_rsa else honest(signed)

        return recorded

    config.changes["sign"] = sign
    return config


class Player:
    def __init__(self, transcript, identities):
        self.you = transcript["you"]
        self.line = Script(transcript["steps"])
        self.config = config_of(self.you, identities)
        self.session = self.theirs = None
        self.told = "nothing"

    def play(self):
        """The code of the error, or None."""
        try:
            if self.you["role"] == "initiator":
                self.session = connect(self.line, self.config)
            else:
                self.session, handshake = answer(self.line, self.config)
                self.theirs = judge(self.session, handshake)
            while self.line.is_going_on:
                self.step()
            self.line.settle()
        except StalkError as error:
            self.told = error.told
            if self.session is not None:
                self.session.fail(error)
                self.told = self.session.told
            # the words of a CLOSE or REJECT are one's own, so of these `tells` is all that counts
            if self.told.split()[0] in ("nothing", "refusal"):
                self.line.settle()
            return error.code
        return None

    def step(self):
        if self.line.inbox or not self.line.is_at("do"):
            try:
                self.session.pump()
            except Stopped:
                if self.line.inbox:
                    raise
            return
        self.line.settle()
        act = self.line.steps.pop(0)
        session, what = self.session, act["do"]
        if what == "accept":
            session.accept(self.theirs)
        elif what == "reject":
            session.reject(act["code"], act["reason"], "NOT_AUTHORIZED")
        elif what == "message":
            session.send_bytes(bytes.fromhex(act["compact"]))
        elif what == "messageOn":
            session.send_bytes(bytes.fromhex(act["compact"]), act["channel"])
        elif what == "open":
            session.open(act["name"], ("interactive", "normal", "bulk").index(act["priority"]))
        elif what == "endChannel":
            session.end_channel(act["channel"])
        elif what == "reset":
            session.reset(act["channel"], act["code"], act["reason"])
        else:
            session.end()


def by_channel(events):
    """What came on each channel but 0, as the testkit has it."""
    channels = {}
    for event in events:
        if "channel" not in event:
            continue
        entry = channels.setdefault(str(event["channel"]), {**NOTHING, "messages": []})
        if event["event"] == "message":
            entry["messages"].append(spack.encode(event["elements"]).hex())
        elif event["event"] == "opened":
            entry["opened"] = event["name"]
        elif event["event"] == "ended":
            entry["end"] = "end"
        elif event["event"] == "reset":
            entry["end"] = {"code": event["code"], "reason": event["reason"]}
    return channels


def check_transcript(transcript, identities):
    expect = transcript["expect"]
    player = Player(transcript, identities)
    code = player.play()
    session = player.session
    channels = by_channel(session.events if session else [])
    got = {
        "error": code,
        "tells": player.told,
        "messages": channels.pop("0", NOTHING)["messages"],
        "established": bool(session and session.is_established),
    }
    wrong = [f"{key} {value}, not {expect[key]}" for key, value in got.items() if value != expect[key]]
    for wanted in expect.get("channels", []):
        number = str(wanted["channel"])
        channel = channels.get(number, NOTHING)
        opened = wanted["opened"] and wanted["opened"]["name"]
        if channel["messages"] != wanted["messages"] or channel["opened"] != opened:
            wrong.append(f"channel {number}: {channel}, not {wanted}")
        if wanted["end"] not in ("truncated", channel["end"]):
            wrong.append(f"channel {number} ended with {channel['end']}, not {wanted['end']}")
    return wrong + player.line.wrong


def check_records():
    wrong = []
    for group in load("stalk2/records.json")["records"]:
        for record in group["records"]:
            direction = Direction(group["suite"], bytes.fromhex(group["key"]))
            for _ in range(record["counter"] // 2**20):
                direction.rekey()
            direction.counter, direction.is_due = record["counter"], lambda _: False
            if direction.seal(bytes.fromhex(record["plaintext"])).hex() != record["record"]:
                wrong.append(record)
    return wrong


def element_of(vector):
    """An element of the spack vectors."""
    kind, value = vector["type"], vector["value"]
    if kind in ("integer", "bigint", "date"):
        value = int(value)
    elif kind == "integer[]":
        value = [int(entry) for entry in value]
    elif kind == "byte[]":
        value = bytes.fromhex(value)
    elif kind == "list":
        value = [element_of(entry) for entry in value]
    elif kind == "map":
        value = [(key, element_of(entry)) for key, entry in value]
    return kind, value


def check_spack():
    vectors, wrong = load("spack/extended.json"), []
    for case in vectors["valid"]:
        data = bytes.fromhex(case["hex"])
        if spack.encode([element_of(element) for element in case["elements"]]) != data or spack.encode(spack.decode(data)) != data:
            wrong.append(case["name"])
    for case in vectors["invalid"]:
        try:
            spack.decode(bytes.fromhex(case["hex"]))
            wrong.append(case["name"])
        except StalkError as error:
            if error.code != case["code"]:
                wrong.append(f"{case['name']}: {error.code}")
    return {"checked": len(vectors["valid"]) + len(vectors["invalid"]), "wrong": wrong}


def main():
    identities = {}
    for name, keys in load("stalk2/identities.json")["identities"].items():
        identities[name] = Identity.from_pkcs8(bytes.fromhex(keys["pkcs8"]))
    transcripts = load("stalk2/transcripts.json")["transcripts"]
    failures = {}
    for transcript in transcripts:
        wrong = check_transcript(transcript, identities)
        if wrong:
            failures[transcript["name"]] = wrong
    records, spacks = check_records(), check_spack()
    report = {"transcripts": len(transcripts), "failures": failures, "records": records, "spack": spacks}
    print(json.dumps(report, indent=1))
    sys.exit(1 if failures or records or spacks["wrong"] else 0)


if __name__ == "__main__":
    main()
