// A whole stalk/2 session in one role, driven by a program: what the peer says in records that it seals as it should, and what we do.
import assert from 'node:assert/strict'
import { Spack } from '@stalk/spack'
import { errorTable, StalkError } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import type { SessionEvent } from '#src/session/session.js'
import { Stalk2Session } from '#src/session/stalk2-session.js'
import { readRecordBody } from '#src/stalk2/control-records.js'
import { defaultKeepalive } from '#src/stalk2/keepalive.js'
import { suiteOf } from '#src/stalk2/suites.js'
import { FaultyPeer } from '../../testkit/faulty-peer.js'
import { fixedIdentity } from '../../testkit/fixed-keys.js'
import { pieces } from '../outcome.js'
import type { Program, Step } from '../program.js'
import { keyPairs, ownIdentity, ownSign } from './fixed-session.js'

export const kinds = {
  /** The peer seals these bytes as a record. */
  record: 0,
  /** Bytes on the line, as they are. */
  raw: 1,
  send: 2,
  open: 3,
  /** The first byte says on which channel, here and below. */
  sendOn: 4,
  take: 5,
  /** The second byte says how. */
  leave: 6,
  end: 7,
  /** Tenths of a second pass. */
  time: 8,
  lineEnds: 9,
  ping: 10,
  decide: 11,
  output: 12,
} as const

export const sessionFlags = {
  noChannels: 1,
  chacha: 2,
  protocols: 4,
  /** What we have to say leaves when the program says so, not after each step. */
  holdsOutput: 8,
  /** What the peer says comes in pieces. */
  inPieces: 16,
  stopsConfirming: 32,
} as const

const limits = {
  ...defaultLimits,
  maxMessageBytes: 2000,
  maxChannels: 3,
  channelCreditBytes: 1024,
  channelWindowBytes: 2048,
  maxChannelBytes: 4096,
}

/** More than a session says by itself of one step: a record or two, and what channels make of them. */
const outputOfStep = 4096

export class SessionRun {
  readonly #role: 'initiator' | 'responder'
  readonly #flags: number
  readonly #session: Stalk2Session
  readonly #peer: FaultyPeer
  readonly #channels: number[] = []
  #unread = 0
  #unreadCount = 0
  #now = 1000
  #mayTake = 0
  #decide: Extract<SessionEvent, { type: 'authorize' }> | null = null

  constructor(role: 'initiator' | 'responder', flags: number) {
    this.#role = role
    this.#flags = flags
    const suiteId = this.#has('chacha') ? 2 : 1
    const common = {
      suites: [suiteOf(suiteId)!],
      limits: this.#has('noChannels') ? { ...limits, maxChannels: 0 } : limits,
      applicationProtocols: this.#has('protocols') ? ['kv/1', 'chat'] : null,
      keepalive: defaultKeepalive,
      generateKeyPair: keyPairs(role),
    }
    const isInitiator = role === 'initiator'
    this.#session = isInitiator
      ? Stalk2Session.initiator({ ...common, identity: ownIdentity('alice'), checkServer: null })
      : Stalk2Session.responder({ ...common, identity: ownIdentity('bob'), allowAnonymous: true })
    const plan = { offers: [suiteId], fields: this.#peerFields() }
    const preamble = FaultyPeer.preamble(plan)
    this.#peer = new FaultyPeer(isInitiator ? 'responder' : 'initiator', plan, { suiteId, preamble, retry: null })
    this.#shakeHands(preamble)
  }

  /** Does all steps; says what came of it in a few words. */
  run({ steps }: Program): string {
    for (const step of steps) this.#take(step)
    this.#output()
    return `${this.#session.phase} ${this.#session.failure?.code ?? 'goes on'}`
  }

  #has(flag: keyof typeof sessionFlags): boolean {
    return (this.#flags & sessionFlags[flag]) !== 0
  }

  #peerFields(): object {
    if (this.#role === 'initiator') return {}
    const channels = this.#has('noChannels') ? {} : { channels: { creditBytes: 2000, maxChannels: 2 } }
    return { maxMessageBytes: 3000, ...channels, ...(this.#has('protocols') ? { applicationProtocols: ['chat'] } : {}) }
  }

  /** As it should be, up to the verdict. */
  #shakeHands(preamble: Uint8Array): void {
    if (this.#role === 'initiator') {
      const opening = new Uint8Array(Buffer.concat(this.#session.takeOutput()))
      this.#peer.read(opening.subarray(preamble.length + 2))
      this.#session.receive(new Uint8Array([1, ...this.#peer.provenMessage(null)]), 0)
      ownSign(this.#session, 'alice')
      this.#peer.read(new Uint8Array(Buffer.concat(this.#session.takeOutput())).subarray(2))
    } else {
      this.#session.receive(new Uint8Array([...preamble, ...this.#peer.messageA()]), 0)
      ownSign(this.#session, 'bob')
      this.#peer.read(new Uint8Array(Buffer.concat(this.#session.takeOutput())).subarray(3))
      this.#session.receive(this.#peer.provenMessage(fixedIdentity('bob').spki), 0)
    }
    this.#peer.split()
    this.#listen()
  }

  #take(step: Step): void {
    const before = this.#session.failure
    this.#mayTake += outputOfStep + 8 * step.bytes.length
    try {
      this.#do(step)
    } catch (error) {
      if (error instanceof StalkError) {
        assert.ok(error.code in errorTable && error.code !== 'INTERNAL', `${error.code}: ${String(error.cause)}`)
      } else if (!isOurs(step.kind) || !(error instanceof TypeError || error instanceof RangeError)) throw error
    }
    this.#listen()
    if (before !== null) assert.equal(this.#session.failure, before, 'what poisoned a session stays')
    if (this.#session.failure !== null) this.#assertPoisoned(this.#session.failure)
    else if (!this.#has('holdsOutput')) this.#output()
  }

  #do({ kind, bytes }: Step): void {
    const session = this.#session
    switch (kind) {
      case kinds.record: {
        this.#receive(this.#peer.seal(bytes.length === 0 ? Uint8Array.of(1) : bytes))
        return
      }
      case kinds.raw: {
        this.#receive(bytes)
        return
      }
      case kinds.send: {
        session.send(new Spack().bytes(bytes))
        return
      }
      case kinds.open:
        this.#channels.push(session.channels?.open(String.fromCharCode(...bytes.subarray(0, 20)), 'normal') ?? 0)
        return
      case kinds.sendOn:
        return session.channels?.send(this.#channel(bytes), new Spack().bytes(bytes.subarray(1)))
      case kinds.take: {
        this.#read(bytes)
        return
      }
      case kinds.leave: {
        this.#leave(this.#channel(bytes), bytes[1] ?? 0)
        return
      }
      case kinds.end: {
        session.end({ code: (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0), reason: '' })
        return
      }
      case kinds.time: {
        this.#pass((bytes[0] ?? 0) * 100, bytes[1] ?? 0)
        return
      }
      case kinds.lineEnds: {
        session.receiveEnd()
        return
      }
      case kinds.ping:
        session.ping(new Uint8Array(8).map((_, index) => bytes[index] ?? 0))
        return
      case kinds.decide: {
        this.#verdict(bytes[0] ?? 0)
        return
      }
      default:
        this.#output()
    }
  }

  #receive(bytes: Uint8Array): void {
    for (const chunk of this.#has('inPieces') ? pieces(bytes) : [bytes.slice()]) this.#session.receive(chunk, this.#now)
  }

  #channel(bytes: Uint8Array): number {
    return this.#channels[(bytes[0] ?? 0) % Math.max(1, this.#channels.length)] ?? 16
  }

  #read(bytes: Uint8Array): void {
    const { channels, coding } = this.#session
    if (this.#unread > 0) channels?.consume(this.#unreadCount, this.#unread)
    this.#unread = 0
    this.#unreadCount = 0
    const message = channels?.take(this.#channel(bytes)) ?? null
    if (message === null) return
    assert.ok(message.length > 0 && message.length <= limits.maxMessageBytes)
    coding.decode(message)
  }

  #leave(id: number, how: number): void {
    const { channels } = this.#session
    if (how === 0) channels?.end(id)
    else if (how === 1) channels?.reset(id, { code: 7, reason: 'x' })
    else if (how === 2) channels?.discard(id)
    else if (how === 3) channels?.silence(id)
    else if (this.#has('stopsConfirming')) this.#session.stopConfirming()
  }

  #pass(milliseconds: number, how: number): void {
    if (how === 1) this.#session.pauseReading(this.#now)
    this.#now += milliseconds
    if (how === 2) this.#session.resumeReading(this.#now)
    this.#session.tick(this.#now)
  }

  #verdict(how: number): void {
    const request = this.#decide
    if (request === null) return
    if (how === 0) request.accept(this.#now)
    else request.reject(new StalkError('NOT_AUTHORIZED', 'no'), { code: how, reason: '' })
  }

  #listen(): void {
    for (const event of ownSign(this.#session, this.#role === 'initiator' ? 'alice' : 'bob')) {
      if (event.type === 'authorize') this.#decide = event
      if (event.type === 'channel') this.#channels.push(event.id)
      if (event.type === 'messages') {
        this.#unread += event.run.costLeft
        this.#unreadCount += event.run.left
      }
    }
    assert.ok(this.#channels.length < 100)
  }

  /** What we say can be opened and read by the peer, and it is no more than what happened calls for. */
  #output(): void {
    const output = new Uint8Array(Buffer.concat(this.#session.takeOutput()))
    this.#mayTake -= output.length
    assert.ok(this.#mayTake >= 0, 'the session says more than anything calls for')
    for (const plaintext of this.#peer.open(output)) readRecordBody(plaintext)
  }

  #assertPoisoned(failure: StalkError): void {
    this.#output()
    assert.deepEqual(this.#session.takeOutput(), [], 'nothing follows the last word')
    assert.throws(() => this.#session.receive(Uint8Array.of(0), this.#now), failure)
    assert.throws(() => this.#session.send(new Spack()), failure)
    assert.throws(() => this.#session.exportSecret('x', new Uint8Array(), 32), failure)
  }
}

/** Whether a step is what a caller does, who may do it wrong. */
function isOurs(kind: number): boolean {
  return kind !== kinds.record && kind !== kinds.raw && kind !== kinds.lineEnds
}
