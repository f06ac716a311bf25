"""The handshake of stalk/2 (SPEC, stalk/2 §3 to §6), for both roles, up to where the verdict is due."""
from . import payload as entries
from .errors import StalkError
from .identity import PublicIdentity
from .line import Ended
from .noise import SUITES, Noise, sha256
from .payload import Payload, entry, padding_for, write_channels

MAGIC = b"stalk/2\n"
LIMIT_A, LIMIT_B, LIMIT_C = 4_096, 16_384, 16_384
ROLES = {"B": b"\x52", "C": b"\x49"}


class Agreed:
    """What both sides know once C is there."""

    def __init__(self, handshake, payload_c):
        noise = handshake.noise
        self.role = handshake.role
        self.suite = noise.suite
        self.binding = noise.h
        initiator, responder, self.exporter = noise.split()
        is_initiator = self.role == "initiator"
        self.send_key, self.receive_key = (initiator, responder) if is_initiator else (responder, initiator)
        self.peer = handshake.peer
        self.payload_c = payload_c  # for the responder, as it was decrypted


def u16(value):
    return value.to_bytes(2, "big")


def framed(message):
    return u16(len(message)) + message


def sized(part):
    return len(part).to_bytes(4, "big") + part


class Handshake:
    def __init__(self, role, line, config):
        self.role, self.line, self.config = role, line, config
        self.peer = None
        self.server_hash = bytes(32)  # of the responder's SubjectPublicKeyInfo, which C's signature covers

    def read(self, count):
        try:
            return self.line.read(count)
        except Ended:
            raise StalkError("HANDSHAKE_TRUNCATED") from None

    def read_message(self, limit):
        size = int.from_bytes(self.read(2), "big")
        if size > limit:
            raise StalkError("STALK2_HANDSHAKE_LENGTH")
        return self.read(size)

    def start_noise(self, suite, prologue):
        self.noise = Noise(self.config.at("suite", suite), self.config.at("prologue", prologue))
        self.static = self.config.next_key()
        self.ephemeral = self.config.next_key()
        self.static_public = self.config.at("static", self.static.public)
        self.ephemeral_public = self.config.at("ephemeral", self.ephemeral.public)

    # what both sides prove (§5)

    def signed(self, place, h, static, server, unsigned):
        label = b"stalk/2 identity signature\0"
        return label + ROLES[place] + u16(self.noise.suite) + h + static + server + sha256(unsigned)

    def proved_payload(self, place, more):
        """Padding, identity, `more`, signature. Whoever is anonymous has neither identity nor signature."""
        at, identity = self.config.at, self.config.identity
        if identity is None:
            return at("payload", padding_for(len(more)) + more)
        body = entry(entries.IDENTITY, at("spki", identity.spki)) + more
        size = len(body) + 3 + identity.signature_bytes
        unsigned = at("unsigned", padding_for(size) + body)
        server = bytes(32) if place == "B" else self.server_hash
        signed = at("signed", self.signed(place, self.noise.h, self.static_public, server, unsigned))
        signature = at("signature", at("sign", identity.sign)(signed))
        return at("payload", unsigned + entry(entries.SIGNATURE, signature))

    def check_proof(self, place, theirs, static):
        spki, signature = theirs.get(entries.IDENTITY), theirs.get(entries.SIGNATURE)
        if spki is None and signature is None and place == "C":
            return
        if spki is None or signature is None:
            raise StalkError("STALK2_IDENTITY_INCOMPLETE")
        peer = PublicIdentity(spki)
        server = bytes(32) if place == "B" else sha256(self.config.identity.spki)
        peer.verify(signature, self.signed(place, self.h_signed, static, server, theirs.unsigned))
        self.peer = peer


class Initiator(Handshake):
    def __init__(self, line, config):
        super().__init__("initiator", line, config)

    def run(self):
        at, suites = self.config.at, self.config.suites
        preamble = at("preamble", MAGIC + bytes([0, len(suites)]) + b"".join(map(u16, suites)))
        self.prologue = b"stalk/2\0" + sized(preamble)
        a = self.make_a(suites[0])
        self.line.write(preamble + a)
        kind = self.read(1)[0]
        if kind == 2:
            kind = self.retry(a)
        if kind == 0:
            code = int.from_bytes(self.read(2), "big")
            raise StalkError("STALK2_REFUSED", f"{code}", peer={"code": code, "reason": ""})
        if kind == 2:
            raise StalkError("STALK2_RETRY_INVALID")
        if kind != 1:
            raise StalkError("FOREIGN_PROTOCOL")
        self.take_b(self.read_message(LIMIT_B))
        if self.config.pin is not None and self.peer.fingerprint != self.config.pin:
            raise StalkError("PIN_MISMATCH", self.peer.fingerprint)
        self.line.write(at("wire_c", framed(self.make_c())))
        return Agreed(self, None)

    def retry(self, a):
        suite = int.from_bytes(self.read(2), "big")
        if suite not in self.config.suites or suite == self.config.suites[0] or suite not in SUITES:
            raise StalkError("STALK2_RETRY_INVALID")
        self.prologue += sized(a) + sized(b"\x02" + u16(suite))
        self.line.write(self.make_a(suite))
        return self.read(1)[0]

    def make_a(self, suite):
        self.start_noise(suite, self.prologue)
        payload = self.config.at("payload_a", b"")
        self.noise.mix_hash(self.ephemeral_public)
        self.noise.mix_hash(payload)
        return self.config.at("wire_a", framed(self.ephemeral_public + payload))

    def take_b(self, b):
        if len(b) < 80:
            raise StalkError("NOISE_MESSAGE_LENGTH")
        noise, self.their_ephemeral = self.noise, b[:32]
        noise.mix_hash(self.their_ephemeral)
        noise.mix_key(self.ephemeral.shared(self.their_ephemeral))
        static = noise.decrypt(b[32:80])
        noise.mix_key(self.ephemeral.shared(static))
        self.h_signed = noise.h
        theirs = Payload(noise.decrypt(b[80:]), "B")
        self.check_proof("B", theirs, static)
        self.server_hash = sha256(self.peer.spki)

    def make_c(self):
        noise, config = self.noise, self.config
        noise.h = config.at("h", noise.h)
        c = noise.encrypt(self.static_public)
        noise.mix_key(self.static.shared(self.their_ephemeral))
        more = entry(entries.LARGEST, config.largest.to_bytes(4, "big"))
        if config.protocols:
            more += entry(entries.PROTOCOLS, ",".join(config.protocols).encode())
        if config.channels:
            more += entry(entries.CHANNELS, write_channels(*config.channels))
        return c + noise.encrypt(self.proved_payload("C", config.at("more", more)))


class Responder(Handshake):
    """`refusal` is what a failure is told with in clear, until A is checked. What C's payload is worth is the verdict's."""

    def __init__(self, line, config):
        super().__init__("responder", line, config)
        self.refusal = None

    def run(self):
        b = self.make_b(self.take_a())
        self.line.write(self.config.at("wire_b", self.config.at("kind", b"\x01") + framed(b)))
        return Agreed(self, self.take_c(self.read_message(LIMIT_C)))

    def take_a(self):
        for expected in MAGIC:
            if self.read(1)[0] != expected:
                raise StalkError("FOREIGN_PROTOCOL")
        self.refusal = 3
        flags_and_count = self.read(2)
        if not 1 <= flags_and_count[1] <= 16:
            raise StalkError("STALK2_PREAMBLE_INVALID")
        offered_bytes = self.read(2 * flags_and_count[1])
        offered = [int.from_bytes(offered_bytes[at : at + 2], "big") for at in range(0, len(offered_bytes), 2)]
        if len(set(offered)) != len(offered):
            raise StalkError("STALK2_PREAMBLE_INVALID")
        suite = next((suite for suite in offered if suite in self.config.suites), None)
        if suite is None:
            self.refusal = 1
            raise StalkError("STALK2_NO_SUITE")
        preamble = MAGIC + flags_and_count + offered_bytes
        prologue = b"stalk/2\0" + sized(preamble)
        a = self.read_message(LIMIT_A)
        retry = self.config.at("retry", None if suite == offered[0] else b"\x02" + u16(suite))
        if retry is not None:
            self.line.write(retry)
            prologue += sized(framed(a)) + sized(retry)
            a = self.read_message(LIMIT_A)
        self.start_noise(suite, prologue)
        if len(a) < 32:
            raise StalkError("NOISE_MESSAGE_LENGTH")
        Payload(a[32:], "A")
        return a

    def make_b(self, a):
        noise, at = self.noise, self.config.at
        their_ephemeral = a[:32]
        noise.mix_hash(their_ephemeral)
        noise.mix_hash(a[32:])
        noise.mix_hash(self.ephemeral_public)
        noise.mix_key(self.ephemeral.shared(their_ephemeral))
        self.refusal = None
        b = self.ephemeral_public + noise.encrypt(self.static_public)
        noise.mix_key(self.static.shared(their_ephemeral))
        return b + noise.encrypt(self.proved_payload("B", at("more", b"")))

    def take_c(self, c):
        if len(c) < 48:
            raise StalkError("NOISE_MESSAGE_LENGTH")
        noise = self.noise
        static = noise.decrypt(c[:48])
        noise.mix_key(self.ephemeral.shared(static))
        self.h_signed, self.their_static = noise.h, static
        return noise.decrypt(c[48:])
