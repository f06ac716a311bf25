import { decode, encode, PacketStream, SpackError, type Spack } from '@stalk/spack'
import { sha256 } from '../crypto/sha256.js'
import { StalkError } from '../errors.js'
import { messageLimits, type Limits } from '../limits.js'
import { PACKET_OVERHEAD, readCiphertext, type DataChannel } from '../stalk1/data-channel.js'
import {
  Initiator,
  Responder,
  type Established,
  type InitiatorOptions,
  type ResponderOptions,
} from '../stalk1/handshake.js'
import { sendError, type MessageEncoder } from './message-coding.js'
import type { Cipher, Session, SessionEvent } from './session.js'

/** Every state of a stalk/1 session; what each does with a packet stands in `#step`. */
type State =
  | { readonly phase: 'awaitAck'; readonly initiator: Initiator }
  | { readonly phase: 'awaitHello'; readonly responder: Responder }
  | { readonly phase: 'awaitFin'; readonly responder: Responder; readonly unconfirmed: Established }
  | { readonly phase: 'established'; readonly channel: DataChannel }

/** A stalk/1 session in either role (SPEC, stalk/1 §4 and §5). */
export class Stalk1Session implements Session {
  readonly protocol = 'stalk/1'
  readonly cipher: Cipher = { name: 'aes-256-ofb', keyBits: 256 }
  readonly #limits: Limits
  readonly #stream: PacketStream
  #state: State
  #failure: StalkError | null = null
  /** Handshake packets, as they go onto the line. */
  #output: Uint8Array[] = []
  /** Encoded messages: sealed only when they leave, because the keystream moves with what is received, too. */
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #sentMessages = 0
  #sendingEnded = false
  #events: SessionEvent[] = []

  private constructor(state: State, limits: Limits) {
    this.#state = state
    this.#limits = limits
    this.#stream = new PacketStream({ limits: { maxPacketBytes: limits.maxHandshakePacketBytes }, sha256 })
  }

  /** The connecting side; its hello is the first output. Throws IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
  static initiator(options: InitiatorOptions): Stalk1Session {
    const initiator = new Initiator(options)
    const session = new Stalk1Session({ phase: 'awaitAck', initiator }, options.limits)
    session.#output.push(initiator.hello())
    return session
  }

  /** The listening side. */
  static responder(options: ResponderOptions): Stalk1Session {
    return new Stalk1Session({ phase: 'awaitHello', responder: new Responder(options) }, options.limits)
  }

  receive(chunk: Uint8Array): void {
    this.#refuseIfFailed()
    try {
      if (this.#state.phase === 'awaitHello' && this.#stream.bufferedBytes === 0) refuseOtherProtocol(chunk)
      this.#stream.push(chunk)
      for (let packet = this.#stream.next(); packet !== null; packet = this.#stream.next()) this.#step(packet)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  receiveEnd(): void {
    this.#refuseIfFailed()
    if (this.#state.phase !== 'established') {
      const reason =
        'the peer refused us without a word, speaks another protocol than stalk/1 (perhaps stalk/2), or the line was cut'
      throw this.#fail(
        new StalkError('HANDSHAKE_TRUNCATED', `the line ended before the handshake was complete: ${reason}`),
      )
    }
    if (this.#stream.bufferedBytes > 0) {
      throw this.#fail(new StalkError('CONNECTION_TRUNCATED', 'the line ended in the middle of a message'))
    }
    this.#events.push({ type: 'end', statement: null })
  }

  send(message: Spack): void {
    this.#refuseIfFailed()
    const inner = this.#encode(message)
    this.#queue.push(inner)
    this.#queuedBytes += inner.length
  }

  /** Messages travel in the classic form, which schemas do not write. */
  readonly coding = null

  sendTyped<T>(encoder: MessageEncoder<T>, value: T): void {
    this.send(decode(encoder.encode(value), { form: 'compact' }))
  }

  takeOutput(withMessages = true): Uint8Array[] {
    const state = this.#state
    const output = this.#output
    this.#output = []
    // A packet of the peer that is half here was encrypted at a keystream position which we have not reached yet.
    if (withMessages && state.phase === 'established' && this.#stream.bufferedBytes === 0) {
      for (const inner of this.#queue) output.push(state.channel.seal(inner))
      this.#sentMessages += this.#queue.length
      this.#queue = []
      this.#queuedBytes = 0
    }
    return output
  }

  takeEvents(): SessionEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get ownQueuedBytes(): number {
    return this.#queuedBytes
  }

  get sentMessages(): number {
    return this.#sentMessages
  }

  /** One keystream for both directions: nothing may be said in the middle of a packet of the peer’s. */
  get waitsForPeer(): boolean {
    return this.#queuedBytes > 0 && this.#stream.bufferedBytes > 0
  }

  get failure(): StalkError | null {
    return this.#failure
  }

  end(): void {
    this.#sendingEnded = true
  }

  get outputEnded(): boolean {
    return this.#sendingEnded && this.#queuedBytes === 0 && this.#output.length === 0
  }

  abort(error: StalkError): void {
    if (this.#failure === null) this.#fail(error)
  }

  // The format has no record but messages: no sign of life, no reason at the end, nothing that is derived from the keys.

  readonly channels = null
  readonly canPrepare = false

  readonly nextTickAt: number = Infinity
  readonly applicationProtocol: string | null = null

  tick(): void {
    return
  }

  pauseReading(): void {
    return
  }

  resumeReading(): void {
    return
  }

  stopConfirming(): void {
    // nothing is confirmed in stalk/1
  }

  ping(): never {
    throw new TypeError('stalk/1 has no ping')
  }

  get channelBinding(): Uint8Array {
    throw new TypeError('stalk/1 has no channel binding')
  }

  exportSecret(): Uint8Array {
    throw new TypeError('stalk/1 has no exported secrets')
  }

  #step(packet: Spack): void {
    const state = this.#state
    switch (state.phase) {
      case 'awaitHello': {
        const { ack, unconfirmed } = state.responder.onHello(packet)
        this.#output.push(ack)
        this.#state = { phase: 'awaitFin', responder: state.responder, unconfirmed }
        return
      }
      case 'awaitAck': {
        const { fin, ...established } = state.initiator.onAck(packet)
        this.#output.push(fin)
        this.#establish(established)
        return
      }
      case 'awaitFin':
        this.#establish(state.responder.onFin(packet, state.unconfirmed))
        return
      case 'established':
        this.#events.push({ type: 'message', message: state.channel.open(readCiphertext(packet)) })
        return
    }
  }

  #establish({ channel, peerIdentity }: Established): void {
    this.#state = { phase: 'established', channel }
    this.#stream.limits = messageLimits(this.#limits.maxMessageBytes + PACKET_OVERHEAD)
    this.#events.push({ type: 'established', peerIdentity })
  }

  #encode(message: Spack): Uint8Array {
    const { maxMessageBytes } = this.#limits
    try {
      return encode(message, { form: 'classic', limits: messageLimits(maxMessageBytes), sha256 })
    } catch (error) {
      throw sendError(error, 'stalk/1', `limits.maxMessageBytes is ${maxMessageBytes} here`)
    }
  }

  #fail(cause: unknown): StalkError {
    const error = stalkError(cause)
    this.#failure = error
    this.#output = []
    this.#queue = []
    this.#queuedBytes = 0
    return error
  }

  #refuseIfFailed(): void {
    if (this.#failure !== null) throw this.#failure
  }
}

function stalkError(cause: unknown): StalkError {
  if (cause instanceof StalkError) return cause
  if (cause instanceof SpackError) {
    return new StalkError('STALK1_PACKET_INVALID', `not a stalk/1 packet: ${cause.message}`, cause)
  }
  return new StalkError('INTERNAL', 'a defect in stalk itself: see `cause`, and please report it', cause)
}

/** A hello begins with a hash: whoever says a name in its place means another version. */
function refuseOtherProtocol(chunk: Uint8Array): void {
  const begin = String.fromCharCode(...chunk.subarray(0, 8))
  if (!/^stalk\/\d\n/u.test(begin)) return
  throw new StalkError(
    'FOREIGN_PROTOCOL',
    `the peer speaks ${begin.trim()}, and this side stalk/1: say the same protocol on both sides`,
  )
}
