// Whole stalk/1 sessions. An input is a program; what the peer says is packets whose hash is made right, in clear during the handshake and
// under the keystream afterwards.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { decode, encode, Spack } from '@stalk/spack'
import { x25519 } from '#src/crypto/x25519.js'
import { errorTable, StalkError } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import { Stalk1Session } from '#src/session/stalk1-session.js'
import { DataChannel, readCiphertext } from '#src/stalk1/data-channel.js'
import { ackPacket, finPacket, helloPacket } from '#src/stalk1/messages.js'
import { makeOffer } from '#src/stalk1/offer.js'
import { fixedX25519 } from '../../testkit/fixed-keys.js'
import { small } from '../../support/people.js'
import { pieces } from '../outcome.js'
import { decodeProgram, encodeProgram, mutateProgram, withoutStep, type Step } from '../program.js'
import type { Target } from '../target.js'

const kinds = {
  /** A packet from its sizes on, in clear. */
  packet: 0,
  /** The same, sealed as a message. */
  message: 1,
  /** What an honest peer says next in the handshake. */
  honest: 2,
  raw: 3,
  send: 4,
  lineEnds: 5,
} as const

const inPieces = 1
const iv = new Uint8Array(16).fill(3)
const [ours, theirs] = [fixedX25519('fuzz stalk/1 ours'), fixedX25519('fuzz stalk/1 theirs')]
const secret = x25519(ours, theirs.publicKey)
const limits = { ...defaultLimits, maxMessageBytes: 4096, minModulusBits: 1024 }
const offer = makeOffer(small, theirs)
const hello = afterHash(encode(helloPacket({ ...offer, iv })))
const ack = afterHash(encode(ackPacket(offer)))
const fin = afterHash(encode(finPacket()))
const sayings = [new Spack().string('hello').integer(-5), new Spack(), new Spack().bytes(new Uint8Array(60))]
const messages = sayings.map((packet) => step(kinds.message, afterHash(encode(packet))))
const send = step(kinds.send, Uint8Array.of(1, 2))
const end = step(kinds.lineEnds, new Uint8Array())
const honest = step(kinds.honest, new Uint8Array())

export const stalk1InitiatorTarget: Target = {
  name: 'stalk1-initiator',
  weight: 2,
  reads: 'sessions of stalk/1 that connect: ack, messages, ends',
  seeds: [
    program([step(kinds.packet, ack), ...messages, send, end]),
    program([honest, messages[0]!, send, messages[1]!, step(kinds.packet, fin)]),
    program([honest, step(kinds.raw, new Uint8Array(34)), send], inPieces),
  ],
  mutate: mutateProgram(6),
  shorter: withoutStep,
  run: (input) => run('initiator', input),
}

export const stalk1ResponderTarget: Target = {
  name: 'stalk1-responder',
  weight: 2,
  reads: 'sessions of stalk/1 that listen: hello, fin, messages, ends',
  seeds: [
    program([step(kinds.packet, hello), step(kinds.message, fin), ...messages, send, end]),
    program([honest, honest, messages[0]!, send, messages[1]!]),
    program([step(kinds.raw, new TextEncoder().encode('stalk/2\n'))]),
    program([honest, step(kinds.packet, fin)], inPieces),
  ],
  mutate: mutateProgram(6),
  shorter: withoutStep,
  run: (input) => run('responder', input),
}

function run(role: 'initiator' | 'responder', input: Uint8Array): string {
  const { flags, steps } = decodeProgram(input)
  const session = role === 'initiator' ? initiator() : responder()
  const peer = new Peer(role, session)
  const seen = new Set<string>()
  for (const one of steps) {
    try {
      takeStep(session, peer, one, (flags & inPieces) !== 0)
    } catch (error) {
      if (!(error instanceof StalkError)) throw error
      assert.ok(error.code in errorTable && error.code !== 'INTERNAL', `${error.code}: ${String(error.cause)}`)
      seen.add(error.code)
      // a message that cannot be sent harms nobody
      if (error.code !== 'MESSAGE_TOO_LARGE') assert.equal(session.failure, error)
    }
    for (const { type } of session.takeEvents()) seen.add(type)
    if (session.failure === null) peer.hear()
    else assertPoisoned(session, session.failure)
  }
  return [...seen].sort().join(' ')
}

function assertPoisoned(session: Stalk1Session, failure: StalkError): void {
  assert.throws(() => session.receive(Uint8Array.of(0)), failure)
  assert.throws(() => session.send(new Spack()), failure)
  assert.deepEqual(session.takeOutput(), [])
}

function takeStep(session: Stalk1Session, peer: Peer, { kind, bytes }: Step, isCut: boolean): void {
  const receive = (whole: Uint8Array): void => {
    for (const chunk of isCut ? pieces(whole) : [whole.slice()]) session.receive(chunk)
  }
  switch (kind) {
    case kinds.packet: {
      receive(withHash(bytes))
      return
    }
    case kinds.message: {
      receive(peer.seal(withHash(bytes)))
      return
    }
    case kinds.honest: {
      receive(peer.nextOfHandshake())
      return
    }
    case kinds.raw: {
      receive(bytes)
      return
    }
    case kinds.lineEnds: {
      session.receiveEnd()
      return
    }
    default:
      session.send(new Spack().bytes(bytes))
  }
}

/** The other side: has the key of both, and keeps the keystream in step. */
class Peer {
  readonly #role: 'initiator' | 'responder'
  readonly #session: Stalk1Session
  readonly #channel = new DataChannel(secret, iv, 1 << 20)
  #saidHello = false
  #isHandshake = true

  /** @param role of the session */
  constructor(role: 'initiator' | 'responder', session: Stalk1Session) {
    this.#role = role
    this.#session = session
    // the hello of an initiator
    if (role === 'initiator') session.takeOutput()
  }

  seal(inner: Uint8Array): Uint8Array {
    return this.#channel.seal(inner)
  }

  nextOfHandshake(): Uint8Array {
    if (this.#role === 'initiator') return withHash(ack)
    if (this.#saidHello) return this.seal(withHash(fin))
    this.#saidHello = true
    return withHash(hello)
  }

  /** Takes what the session says: each packet is well-formed, and decrypts if the session has our key. */
  hear(): void {
    for (const bytes of this.#session.takeOutput()) {
      const packet = decode(bytes)
      if (this.#role === 'responder' && this.#isHandshake) this.#isHandshake = false
      else this.#channel.open(readCiphertext(packet))
    }
  }
}

function initiator(): Stalk1Session {
  return Stalk1Session.initiator({ identity: small, checkServer: null, ephemeral: ours, iv, limits })
}

function responder(): Stalk1Session {
  return Stalk1Session.responder({ identity: small, ephemeral: ours, limits })
}

function afterHash(packet: Uint8Array): Uint8Array {
  return packet.slice(32)
}

function withHash(rest: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([createHash('sha256').update(rest).digest(), rest]))
}

function program(steps: readonly Step[], flags = 0): Uint8Array {
  return encodeProgram({ flags, steps })
}

function step(kind: number, bytes: Uint8Array): Step {
  return { kind, bytes }
}
