import type { Spack } from '@stalk/spack'
import { closeCodeOf, StalkError, type PeerStatement } from '../errors.js'
import { refusalOf, Rejection, type Candidate } from '../stalk2/admission.js'
import { channelTerms } from '../limits.js'
import { ByteQueue } from '../stalk2/byte-queue.js'
import { closeCodes, encodeAccept, encodeClose, encodeReject, type RecordBody } from '../stalk2/control-records.js'
import { exportSecret } from '../stalk2/exporter.js'
import { mainChannel } from '../stalk2/frames.js'
import { Initiator } from '../stalk2/initiator.js'
import type { MessageRun } from '../message-run.js'
import { Keepalive, PingLog, PingMeter } from '../stalk2/keepalive.js'
import { encodeAcceptPayload } from '../stalk2/payload.js'
import { requireResponderIdentity } from '../stalk2/responder.js'
import type { OutgoingChannel, Scheduler } from '../stalk2/scheduler.js'
import type { Suite } from '../stalk2/suites.js'
import type { TransportKeys } from '../stalk2/transport-keys.js'
import { closedError, unexpectedRecord } from '../stalk2/verdict.js'
import { onB, onReply, onVerdict } from './initiator-steps.js'
import {
  decodeCompact,
  decodeRun,
  decodeTyped,
  packetDecoder,
  type MessageCoding,
  type MessageDecoder,
  type MessageEncoder,
  type MessageSizes,
  type RunReading,
} from './message-coding.js'
import type { ChannelTable } from './channel-table.js'
import { queueCompact, queueTyped } from './message-sending.js'
import { RecordChannel } from './record-channel.js'
import { admitted, onA, onC, onEarlyRecord, onPreamble, onUnknownA } from './responder-steps.js'
import type { Cipher, Session, SessionChannels, SessionEvent } from './session.js'
import { Stalk2Channels } from './stalk2-channels.js'
import {
  handshakeOf,
  type EstablishedState,
  type Stalk2InitiatorOptions,
  type Stalk2ResponderOptions,
  type State,
  type StepContext,
} from './stalk2-states.js'

type Options = Stalk2InitiatorOptions | Stalk2ResponderOptions
type Role = 'initiator' | 'responder'

/** What a payload that does not announce its largest message means (SPEC, stalk/2 §4). */
const UNANNOUNCED_MESSAGE_BYTES = 16 * 1024 * 1024

/** A stalk/2 session in either role (SPEC, stalk/2). */
export class Stalk2Session implements Session, MessageCoding {
  readonly protocol = 'stalk/2'
  readonly #role: Role
  readonly #options: Options
  readonly #context: StepContext
  readonly #queue: ByteQueue = new ByteQueue()
  #state: State
  #failure: StalkError | null = null
  /** Bytes of the handshake, and last words. */
  #output: Uint8Array[] = []
  #events: SessionEvent[] = []
  #opened: Opened | null = null
  #now = 0
  #keepalive: Keepalive | null = null
  #isConfirming = true
  #dataRecords = 0
  /** Whether a DATA record came since we last prepared for the next. */
  #hasTalked = false
  #lifeSigns = 0
  readonly #pings: PingLog = new PingLog()
  #pausedAt = 0
  readonly #pingMeter: PingMeter = new PingMeter()
  #channels: Stalk2Channels | null = null
  /** Null before the handshake is over. */
  #sendingTo: Sending | null = null

  private constructor(role: Role, options: Options, state: State) {
    this.#role = role
    this.#options = options
    this.#state = state
    this.#context = {
      limits: options.limits,
      queue: this.#queue,
      output: (bytes) => void this.#output.push(bytes),
      tell: (event) => void this.#events.push(event),
      sign: (handshake, message, next) => {
        const answer = this.#once((signature: Uint8Array) => this.#enter(next(signature)))
        this.#events.push({ type: 'sign', message, answer })
        return { phase: 'signing', handshake }
      },
      openChannel: (suite, keys) => this.#openChannel(suite, keys),
    }
  }

  /** The connecting side; its preamble and A are the first output. Throws IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
  static initiator(options: Stalk2InitiatorOptions): Stalk2Session {
    const initiator = new Initiator(options)
    const session = new Stalk2Session('initiator', options, { phase: 'awaitReply', initiator, isRetried: false })
    session.#output.push(initiator.opening())
    return session
  }

  /** The listening side. Throws IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
  static responder(options: Stalk2ResponderOptions): Stalk2Session {
    requireResponderIdentity(options.identity)
    return new Stalk2Session('responder', options, { phase: 'awaitPreamble', options })
  }

  /** The transition table: what each state makes of the bytes that are here. Null: it needs more of them. */
  #next(): State | null {
    const state = this.#state
    const context = this.#context
    switch (state.phase) {
      case 'awaitReply':
        return onReply(state.initiator, state.isRetried, context)
      case 'awaitB':
        return onB(state.initiator, context)
      case 'awaitVerdict':
        return this.#onRecord((record) => onVerdict(record, state.initiator, state.responder))
      case 'awaitPreamble':
        return onPreamble(state.options, context)
      case 'awaitUnknownA':
        return onUnknownA(state.options, state, context)
      case 'awaitA':
        return onA(state.responder, context)
      case 'awaitC':
        return onC(state.responder, context)
      case 'authorizing':
        return this.#onRecord((record) => onEarlyRecord(record, state.candidate))
      case 'signing':
        throw new StalkError('STALK2_HANDSHAKE_UNEXPECTED', 'bytes arrived before it was the peer’s turn')
      case 'established':
        return this.#onRecord((record) => this.#onEstablishedRecord(record, state))
    }
  }

  receive(chunk: Uint8Array, now: number): void {
    this.#refuseIfFailed()
    // our word has ended both directions: what is still on its way means nothing
    if (this.#opened?.channel.isDeaf) return
    this.#now = now
    this.#guard(() => {
      this.#queue.push(chunk)
      while (this.#queue.length > 0) {
        const state = this.#next()
        if (state === null) return
        this.#enter(state)
      }
    })
  }

  receiveEnd(): void {
    this.#refuseIfFailed()
    if (this.#opened?.channel.receiveEnd() && (this.#state.phase === 'established' || this.#opened.channel.endsBoth))
      return
    this.#guard(() => {
      throw cutLine(this.#state)
    })
  }

  send(message: Spack): void {
    const { scheduler, outgoing, sizes } = this.#sending()
    queueCompact(scheduler, outgoing, message, sizes)
  }

  sendTyped<T>(encoder: MessageEncoder<T>, value: T): void {
    const { scheduler, outgoing, sizes } = this.#sending()
    queueTyped(scheduler, outgoing, encoder, value, sizes)
  }

  get coding(): MessageCoding {
    return this
  }

  decode(message: Uint8Array): Spack {
    try {
      return decodeCompact(message, this.#options.limits.maxMessageBytes)
    } catch (error) {
      throw this.#poisonedBy(error)
    }
  }

  get packets(): MessageDecoder<Spack> {
    return packetDecoder(this.#options.limits.maxMessageBytes)
  }

  decodeTyped<T>(decoder: MessageDecoder<T>, message: Uint8Array): T {
    try {
      return decodeTyped(decoder, message)
    } catch (error) {
      throw this.#poisonedBy(error)
    }
  }

  decodeRun<T>(decoder: MessageDecoder<T>, run: MessageRun, reading: RunReading, take: (value: T) => void): void {
    try {
      decodeRun(decoder, run, reading, take)
    } catch (error) {
      throw this.#poisonedBy(error)
    }
  }

  end(statement: PeerStatement = { code: closeCodes.done, reason: '' }): void {
    this.#established().channel.close(statement)
  }

  abort(error: StalkError): void {
    if (this.#failure === null) this.#fail(error, null)
  }

  takeOutput(withMessages = true, maxBytes?: number): Uint8Array[] {
    const output = this.#output
    this.#output = []
    if (this.#failure !== null) return output
    try {
      this.#opened?.channel.takeOutput(output, withMessages, maxBytes ?? Infinity)
    } catch (error) {
      this.#fail(error, null)
      output.push(...this.#output.splice(0))
    }
    return output
  }

  takeEvents(): SessionEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  get queuedBytes(): number {
    return this.#opened?.channel.queuedBytes ?? 0
  }

  get ownQueuedBytes(): number {
    return this.#sendingTo?.outgoing.messages.bytes ?? 0
  }

  get sentMessages(): number {
    return this.#opened?.channel.channels.sentMessages(mainChannel) ?? 0
  }

  get channels(): SessionChannels | null {
    return this.#channels
  }

  readonly waitsForPeer = false

  get failure(): StalkError | null {
    return this.#failure
  }

  /** Where it is; after a failure, where that happened. */
  get phase(): State['phase'] {
    return this.#state.phase
  }

  get outputEnded(): boolean {
    return this.#failure === null ? (this.#opened?.channel.isOver ?? false) : this.#output.length === 0
  }

  get canPrepare(): boolean {
    // without keepalive nobody would notice that the conversation is over, and let go of it
    const isConversation = this.#hasTalked && this.#dataRecords > UNPREPARED_RECORDS && this.#keepalive !== null
    return isConversation && this.#failure === null
  }

  prepare(): void {
    if (!this.canPrepare) return
    this.#hasTalked = false
    try {
      this.#opened?.channel.prepare()
    } catch {
      // whoever needs it learns why it cannot be made
      this.#opened?.channel.forgetPrepared()
    }
  }

  tick(now: number): void {
    if (this.nextTickAt > now) return
    // who has been silent for so long need not hold it any longer
    this.#opened?.channel.forgetPrepared()
    this.#guard(() => {
      const due = this.#keepalive?.check(now) ?? null
      if (due === 'dead') throw new StalkError('PEER_DEAD', 'the peer has fallen silent and does not answer')
      if (due === 'ping') this.ping(this.#nextLifeSign())
    })
  }

  get nextTickAt(): number {
    const channel = this.#opened?.channel
    const isOpen = this.#failure === null && channel !== undefined && !channel.isSilent && !channel.peerHasClosed
    return isOpen && this.#keepalive !== null ? this.#keepalive.nextCheckAt : Infinity
  }

  pauseReading(now: number): void {
    this.#pausedAt = now
    this.#keepalive?.pauseReading()
  }

  resumeReading(now: number): void {
    this.#keepalive?.resumeReading(now)
    this.#pingMeter.forgive(now - this.#pausedAt)
  }

  /** Its contents mean nothing to the peer; that they differ helps who reads a capture. */
  #nextLifeSign(): Uint8Array {
    this.#lifeSigns += 1
    const data = new Uint8Array(8)
    new DataView(data.buffer).setUint32(4, this.#lifeSigns)
    return data
  }

  stopConfirming(): void {
    this.#isConfirming = false
  }

  ping(data: Uint8Array): number | null {
    return this.#established().channel.ping(data) ? this.#pings.sent(data) : null
  }

  get cipher(): Cipher {
    return this.#transport().suite.cipher
  }

  get channelBinding(): Uint8Array {
    this.#established()
    return this.#transport().keys.handshakeHash.slice()
  }

  exportSecret(label: string, context: Uint8Array, length: number): Uint8Array {
    this.#refuseIfFailed()
    this.#established()
    const { exporterSecret, handshakeHash } = this.#transport().keys
    return exportSecret(exporterSecret, handshakeHash, label, context, length)
  }

  get applicationProtocol(): string | null {
    return this.#state.phase === 'established' ? this.#state.applicationProtocol : null
  }

  #enter(state: State): void {
    const before = this.#state.phase
    this.#state = state
    if (before === state.phase) return
    if (state.phase === 'authorizing') this.#requestAuthorization(state.candidate)
    if (state.phase === 'established') this.#establish(state)
  }

  #requestAuthorization({ identity: peerIdentity, applicationProtocol }: Candidate): void {
    const decide = this.#once((decision: () => void) => decision())
    this.#events.push({
      type: 'authorize',
      peerIdentity,
      applicationProtocol,
      accept: (now) =>
        decide(() => {
          // the peer was silent while we decided, as it has to be
          this.#now = now
          this.#admit()
        }),
      reject: (error, statement) =>
        decide(() => {
          throw new Rejection(error, statement)
        }),
    })
  }

  #admit(): void {
    if (this.#state.phase !== 'authorizing') return
    const { candidate, end } = this.#state
    const { applicationProtocol } = candidate
    const { maxMessageBytes } = this.#options.limits
    const applicationProtocols = applicationProtocol === null ? null : [applicationProtocol]
    const channels = candidate.channels === null ? null : channelTerms(this.#options.limits)
    const payload = encodeAcceptPayload({ maxMessageBytes, applicationProtocols, channels })
    this.#transport().channel.say(encodeAccept(payload))
    this.#enter(admitted(candidate))
    if (end === null) return
    this.#transport().channel.channels.endOfPeer()
    this.#events.push({ type: 'end', statement: end })
  }

  #establish(state: EstablishedState): void {
    const { peerIdentity, channels: peers } = state
    const { keepalive, limits } = this.#options
    const ours = channelTerms(limits)
    const { channels } = this.#transport().channel
    const sizes = {
      ownLimit: limits.maxMessageBytes,
      peerLimit: state.maxMessageBytes ?? UNANNOUNCED_MESSAGE_BYTES,
    }
    if (peers !== null && ours !== null) {
      channels.enable(this.#role, ours, peers)
      this.#channels = new Stalk2Channels(channels, { sizes, refuseIfFailed: () => this.#refuseIfFailed() })
    }
    this.#sendingTo = { scheduler: channels.scheduler, outgoing: channels.outgoing(mainChannel), sizes }
    if (keepalive !== null) this.#keepalive = new Keepalive(keepalive, this.#now)
    this.#events.push({ type: 'established', peerIdentity })
  }

  /** What sending needs. Throws TypeError before the handshake is over and after our end. */
  #sending(): Sending {
    this.#refuseIfFailed()
    const sending = this.#sendingTo
    if (sending === null) throw new TypeError('the connection is not established')
    if (this.#opened?.channel.isClosing) throw new TypeError('this side has ended its direction')
    return sending
  }

  /** What is no message poisons the session; what a session that has failed had received before can still be read. */
  #poisonedBy(error: unknown): unknown {
    if (!(error instanceof StalkError) || this.#failure !== null) return error
    return this.#fail(error, null)
  }

  #openChannel(suite: Suite, keys: TransportKeys): void {
    const { limits, recordNumbers } = this.#options
    const channel = new RecordChannel({ keys, limits, recordNumbers })
    this.#opened = { suite, keys, channel }
  }

  #onRecord(next: (record: RecordBody) => State): State | null {
    const record = this.#transport().channel.next(this.#queue)
    if (record === null) return null
    this.#keepalive?.heard(this.#now)
    return next(record)
  }

  #onEstablishedRecord(record: RecordBody, state: EstablishedState): State {
    const { channel } = this.#transport()
    switch (record.type) {
      case 'data':
        this.#hasTalked = true
        this.#dataRecords += 1
        this.#onFrames(channel.channels, record.frames)
        return state
      case 'ping':
        // as a rule, somebody has been silent for long
        channel.forgetPrepared()
        this.#pingMeter.onPing(this.#now)
        channel.pong(this.#isConfirming ? record.data : answerToNothing(record.data))
        return state
      case 'pong': {
        const number = this.#pings.answered(record.data)
        if (number !== null) this.#events.push({ type: 'pong', number })
        return state
      }
      case 'close':
        if (record.statement.code !== closeCodes.done) throw closedError(record.statement)
        // one that has said DONE has ended its direction with that
        if (channel.channels.peerIsDone) return state
        this.#events.push(...channel.channels.endOfPeer(), { type: 'end', statement: record.statement })
        return state
      case 'accept':
      case 'reject':
        throw unexpectedRecord(record, 'after the verdict')
    }
  }

  #onFrames(channels: ChannelTable, frames: Uint8Array): void {
    for (const event of channels.read(frames, this.#now)) {
      if (event.type === 'done') {
        this.#events.push({ type: 'end', statement: { code: closeCodes.done, reason: event.reason } })
      } else this.#events.push(event)
    }
  }

  /** A step that can be taken once, and not any more after a failure. */
  #once<Argument>(step: (argument: Argument) => void): (argument: Argument) => void {
    let isTaken = false
    return (argument) => {
      this.#refuseIfFailed()
      if (isTaken) throw new TypeError('this was answered before')
      isTaken = true
      this.#guard(() => step(argument))
    }
  }

  #transport(): Opened {
    if (this.#opened === null) throw new TypeError('there are no keys yet')
    return this.#opened
  }

  #established(): { readonly channel: RecordChannel } {
    this.#refuseIfFailed()
    if (this.#state.phase !== 'established') throw new TypeError('the connection is not established')
    return { channel: this.#transport().channel }
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (cause) {
      if (cause instanceof Rejection) throw this.#fail(cause.error, encodeReject(cause.statement))
      throw this.#fail(cause, null)
    }
  }

  /** Poisons; what the peer is still told goes to the output. */
  #fail(cause: unknown, lastWord: Uint8Array | null): StalkError {
    const error = cause instanceof StalkError ? cause : new StalkError('INTERNAL', DEFECT, cause)
    this.#failure = error
    this.#queue.clear()
    if (this.#opened !== null) {
      const { channel, keys } = this.#opened
      // a peer that has given up is not told why we do
      const close = error.peer === null ? encodeClose({ code: closeCodeOf(error), reason: '' }) : null
      channel.lastWord(this.#output, lastWord ?? close)
      keys.exporterSecret.fill(0)
      return error
    }
    handshakeOf(this.#state)?.wipe()
    const isUnanswered = ['awaitPreamble', 'awaitUnknownA', 'awaitA'].includes(this.#state.phase)
    const refusal = isUnanswered ? refusalOf(error) : null
    this.#output = refusal === null ? [] : [...this.#output, refusal]
    return error
  }

  #refuseIfFailed(): void {
    if (this.#failure !== null) throw this.#failure
  }
}

/** After so many records it is a conversation: one that begins, and may then be silent for long, holds no more than it must. */
const UNPREPARED_RECORDS = 16

/** A PONG with these 8 bytes says that we live, and no more. */
function answerToNothing(ping: Uint8Array): Uint8Array {
  return ping.map((byte) => ~byte)
}

const DEFECT = 'a defect in stalk itself: see `cause`, and please report it'

/** What there is from the moment at which there are keys. */
interface Opened {
  readonly suite: Suite
  readonly keys: TransportKeys
  readonly channel: RecordChannel
}

/** Where messages of the connection itself are queued. */
interface Sending {
  readonly scheduler: Scheduler
  readonly outgoing: OutgoingChannel
  readonly sizes: MessageSizes
}

function cutLine({ phase }: State): StalkError {
  if (phase === 'established') {
    const reason = 'the line ended before the peer had said that it was done: it was cut, or the peer crashed'
    return new StalkError('CONNECTION_TRUNCATED', reason)
  }
  const reason =
    phase === 'awaitVerdict'
      ? 'we have proved who we are, and the listener has not said yes or no'
      : 'the peer refused us without a word, speaks another protocol than stalk/2 (perhaps stalk/1), or the line was cut'
  return new StalkError('HANDSHAKE_TRUNCATED', `the line ended before the handshake was complete: ${reason}`)
}
