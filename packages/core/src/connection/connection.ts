import type { Duplex } from 'node:stream'
import { decode, encode, Spack } from '@stalk/spack'
import { describeThrown, StalkError, type PeerStatement } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { Limits } from '../limits.js'
import { checkNames } from '../option-names.js'
import { signAs } from '../identity/sign.js'
import type { Protocol } from '../identity/rsa-rules.js'
import type {
  AuthorizeRequest,
  Cipher,
  MessageCoding,
  MessageDecoder,
  MessageEncoder,
  RunReading,
  Session,
  SessionEvent,
  SignRequest,
} from '../session/session.js'
import { abortable } from './abortable.js'
import { batches, checkBatch, type BatchOptions } from './batches.js'
import { pointAtCaller, withCaller } from './caller.js'
import { diagnostics } from './diagnostics.js'
import type { Channel } from './channel.js'
import { Channels, requireChannels, type OpenChannelOptions } from './channels.js'
import { Inbox } from './inbox.js'
import type { ConnectionMetrics } from './metrics.js'
import { Opening, type OpeningTimes } from './opening.js'
import { Outbox } from './outbox.js'
import { Pinger } from './pinger.js'
import { checkReason } from './statements.js'
import { checkTimeout } from './timeouts.js'
import { afterTurn } from './turns.js'

/** What a connection is made of. */
export interface ConnectionParts<Socket extends Duplex = Duplex> {
  readonly socket: Socket
  readonly session: Session
  /** Which side of the handshake we are. */
  readonly role: 'initiator' | 'responder'
  readonly host: string
  readonly port: number
  /** Null: anonymous. */
  readonly identity: Identity | null
  /** True if nobody checked who the peer is. */
  readonly unverified: boolean
  /** False: nothing leaves before `flush()`, as in the seed. */
  readonly autoFlush: boolean
  readonly limits: Limits
  /** Null: a connection over which nothing is said may stay for ever. */
  readonly idleTimeoutMs: number | null
  /** Lets a signature be made when there is room for that, and gives what `make` gives; at once, unless told otherwise. */
  readonly signWith?: SignWith
  /** Decides about the peer, by calling `accept` or `reject`, now or later; without it everybody may come in. */
  readonly authorize?: (request: AuthorizeRequest) => void
}

/** `make` answers null if the signature is not needed any more. */
export type SignWith = (make: () => Promise<Uint8Array> | null) => Promise<Uint8Array | null>

/** A side that has failed reads on for this long, so that a reset of the line cannot destroy its last words. */
const LAST_WORDS_MS = 5_000

/** A peer that keeps our messages from leaving may go on for this much memory of unread messages. */
const MAX_BLOCKED_BYTES = 4 * 1024 * 1024

/** What comes in smaller chunks may be a conversation: somebody waits for each answer. */
const LARGE_CHUNK_BYTES = 8192

/** A stream that was destroyed, or has ended both ways, and does not say so for this long never will. */
const UNSAID_CLOSE_MS = 1_000

/** How long `close()` waits for the peer, unless told otherwise. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * An established connection: messages out, messages in, in order.
 *
 * Made by `connect` and `listen`. The first failure ends it: what had arrived whole can still be received, then every call
 * throws that same error.
 */
export class Connection<Socket extends Duplex = Duplex> implements AsyncIterable<Spack> {
  /** Which side of the handshake we are: who connected is the initiator. */
  readonly role: 'initiator' | 'responder'
  readonly host: string
  readonly port: number
  /** Our own identity; null: we are anonymous. */
  readonly identity: Identity | null
  /** True if this side did not check who the peer is: `peerIdentity` is then what the peer calls itself. */
  readonly unverified: boolean
  /** The line below; reading from it or writing to it breaks the connection. */
  readonly socket: Socket
  /** Resolves when the line is gone and nothing more will happen; never rejects, see {@link error}. */
  readonly closed: Promise<void>
  readonly #session: Session
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #pinger: Pinger
  readonly #limits: Limits
  /** Null until the connection is established, and without channels. */
  #channels: Channels | null = null
  readonly #signWith: SignWith
  readonly #authorize: ((request: AuthorizeRequest) => void) | undefined
  #isEstablished = false
  #peerIdentity: Identity | null = null
  #peerStatement: PeerStatement | null = null
  #ticking: NodeJS.Timeout | null = null
  readonly #idleTimeoutMs: number | null
  #idling: NodeJS.Timeout | null = null
  /** When a message was last sent or arrived. */
  #usedAt = performance.now()
  #error: StalkError | null = null
  #closing: Promise<void> | null = null
  /** Cuts the line when the time that `close()` has is over. */
  #closeTimer: NodeJS.Timeout | null = null
  #closeBy = Infinity
  /** Takes a line for gone that does not say that it is. */
  #unsaidCloseTimer: NodeJS.Timeout | null = null
  #resolveClosed: () => void = () => undefined
  /** Made when somebody asks for its signal: few do. */
  #ending: AbortController | null = null
  #isEnding = false
  #sendingEnded = false
  #endsWithPeer = false
  #isOver = false
  /** Whether the line has closed, and the session with it. */
  #isGone = false
  /** It has, and nothing of ours was lost with it: there is nothing left to do or to say. */
  #isOverInOrder = false
  /** What was unread when our messages first had to wait for the end of a packet since there is so much; null if they never had. */
  #blockedSince: number | null = null
  #opening: Opening | null = null
  #isReceivedFrom = false
  #bytesReceived = 0
  #messagesSent = 0
  #messagesReceived = 0
  #peerEnded: () => void = () => undefined
  /** @internal Resolves once the peer has sent its last, or the connection is over. */
  readonly peerEnded: Promise<void>

  static {
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Connection): string {
        return this.#inspect()
      },
    })
  }

  /** @internal */
  constructor(parts: ConnectionParts<Socket>) {
    const { socket, session } = parts
    this.role = parts.role
    this.host = parts.host
    this.port = parts.port
    this.identity = parts.identity
    this.unverified = parts.unverified
    this.socket = socket
    this.#session = session
    this.#authorize = parts.authorize
    this.#signWith = parts.signWith ?? ((make) => Promise.resolve(make()))
    this.#limits = parts.limits
    const onFullChange = (): void => this.#updateReading()
    this.#inbox = new Inbox(parts.limits, onFullChange, (count, cost) => this.#onConsumed(count, cost))
    this.#pinger = new Pinger(session, () => this.#outbox.writeAnswers())
    this.#outbox = new Outbox(socket, session, parts.autoFlush, parts.limits)
    this.#idleTimeoutMs = parts.idleTimeoutMs
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve))
    this.peerEnded = new Promise((resolve) => (this.#peerEnded = resolve))
    this.#listenToSocket()
  }

  get protocol(): Protocol {
    return this.#session.protocol
  }

  get cipher(): Cipher {
    return this.#session.cipher
  }

  /** Who the peer proved to be; null: it is anonymous, which a listener has to allow. */
  get peerIdentity(): Identity | null {
    if (!this.#isEstablished) throw new TypeError('the connection is not established')
    return this.#peerIdentity
  }

  /** The application protocol that both sides agreed upon; null for none. */
  get applicationProtocol(): string | null {
    return this.#session.applicationProtocol
  }

  /**
   * 32 bytes that name this connection: equal on both sides, unique, not secret. Whoever signs or authenticates them adds which side it
   * is. Throws TypeError over stalk/1; after the end what ended the connection, or CONNECTION_CLOSED. SPEC, stalk/2 §7.
   */
  get channelBinding(): Uint8Array {
    return this.#session.channelBinding
  }

  /**
   * A secret that only the two sides of this connection know, for other protocols: equal on both sides for the same label and context.
   *
   * @param label printable ASCII, 1 to 255 characters
   * @param length 1 to 8,160 bytes
   * @throws TypeError over stalk/1 or for a bad label; RangeError for a bad length; after the end what ended the connection, or CONNECTION_CLOSED. SPEC, stalk/2 §7.
   */
  exportSecret(label: string, context: Uint8Array, length: number): Uint8Array {
    return this.#session.exportSecret(label, context, length)
  }

  /** What the peer said when it ended its direction; null before that, and over stalk/1. */
  get peerStatement(): PeerStatement | null {
    return this.#peerStatement
  }

  /** What ended the connection, or null if nothing went wrong (yet). */
  get error(): StalkError | null {
    return this.#error
  }

  /**
   * Aborts when this side ends the connection: its listener closes, `close()` or `abort()` was called, it failed, or it is over. Its reason
   * is what `error` is then, or CONNECTION_CLOSED. Handlers that would go on for ever end then: the listener waits for them, but not for long.
   */
  get ending(): AbortSignal {
    if (this.#ending === null) {
      this.#ending = new AbortController()
      if (this.#isEnding) this.#ending.abort(this.#endingReason())
    }
    return this.#ending.signal
  }

  /** What was done so far, and what waits, as of now. */
  metrics(): ConnectionMetrics {
    const { bytesSent, unsentMessages, unsentBytes } = this.#outbox
    const [messagesSent, messagesReceived, bytesReceived] = [
      this.#messagesSent,
      this.#messagesReceived,
      this.#bytesReceived,
    ]
    const { unreadMessages, bytes: unreadBytes } = this.#inbox
    return {
      messagesSent,
      messagesReceived,
      bytesSent,
      bytesReceived,
      unsentMessages,
      unsentBytes,
      unreadMessages,
      unreadBytes,
    }
  }

  /**
   * Queues a message; it leaves by itself at the end of the tick. The message is encoded now: change it afterwards as you like.
   *
   * @returns false when the queue is above its high-water mark: `await flush()` before sending more
   * @throws StalkError MESSAGE_TOO_LARGE, MESSAGE_INVALID, SEND_QUEUE_FULL (nothing is sent, the connection goes on), CONNECTION_CLOSED, or
   *   what ended the connection
   */
  send(message: Spack): boolean {
    if (!(message instanceof Spack)) throw new TypeError("send takes a Spack: new Spack().string('hi')")
    this.#refuseIfSendingEnded()
    const roomLeft = this.#outbox.send(message)
    this.#onUse('sent', 1)
    if (diagnostics.message.hasSubscribers) this.#publish('sent', message)
    if (this.#inbox.full) this.#updateReading()
    return roomLeft
  }

  /**
   * Queues a value as a message of a schema: as `send(schema.toSpack(value))` does, without the detour.
   *
   * ```ts
   * connection.sendTyped(Reading, { seq: 1, at: 0.5 })
   * ```
   *
   * @returns as `send`
   * @throws what the schema says of the value: TypeError, RangeError, SpackError; what `send` throws
   */
  sendTyped<T>(schema: MessageEncoder<T>, value: T): boolean {
    this.#refuseIfSendingEnded()
    const roomLeft = this.#outbox.sendTyped(schema, value)
    this.#onUse('sent', 1)
    if (diagnostics.message.hasSubscribers) this.#publish('sent', schema.encode(value))
    if (this.#inbox.full) this.#updateReading()
    return roomLeft
  }

  /**
   * Resolves when everything sent so far is with the kernel; rejects with what ended the connection before.
   *
   * @param options.signal gives up waiting, with its reason; what was sent goes its way all the same
   */
  flush({ signal }: Waiting = {}): Promise<void> {
    return withCaller(afterTurn(this.#outbox.flush(signal)))
  }

  /**
   * Resolves once everything sent so far has arrived: the peer’s side of the connection has read it, whatever its application does with
   * it. Rejects with what ended the connection before; then nobody knows how much of it arrived. A peer that closes confirms nothing more.
   *
   * @param options.signal gives up waiting, with its reason
   * @throws TypeError over stalk/1; StalkError CONNECTION_CLOSED after our `end()` or `close()`, and without channels after the peer’s, or
   *   what ended the connection
   */
  async confirm({ signal }: Waiting = {}): Promise<void> {
    if (this.protocol === 'stalk/1') throw new TypeError('stalk/1 has no way to ask whether something arrived')
    signal?.throwIfAborted()
    this.#refuseIfSendingEnded()
    await withCaller(this.#outbox.flush(signal))
    this.#refuseIfSendingEnded()
    await withCaller(abortable(this.#pinger.confirm(), signal))
  }

  /**
   * The next message, or null when the peer has sent its last.
   *
   * Calls made at once are answered in their order. After `close()` the answer is null.
   *
   * @param options.signal gives up waiting, with its reason; no message is lost by that
   */
  receive({ signal }: Waiting = {}): Promise<Spack | null> {
    this.#isReceivedFrom = true
    const isHere = this.#inbox.unreadMessages > 0
    const arriving = this.#inbox.receive(signal).then((message) => this.#decode(message))
    return isHere ? arriving : withCaller(arriving)
  }

  /**
   * The value of the next message by a schema, or null when the peer has sent its last: as `schema.fromSpack(await receive())`, without the
   * detour. A message that is none of the schema costs that message alone: the connection goes on.
   *
   * @param options.signal as of `receive`
   * @throws SpackError for what is none of the schema; what `receive` throws
   */
  receiveTyped<T>(schema: MessageDecoder<T>, { signal }: Waiting = {}): Promise<T | null> {
    this.#isReceivedFrom = true
    return withCaller(this.#inbox.receive(signal).then((message) => this.#decodeTyped(schema, message)))
  }

  /** The values of messages by a schema, until the peer has sent its last. Throws as {@link receiveTyped}. */
  async *typed<T>(schema: MessageDecoder<T>): AsyncGenerator<T, void, undefined> {
    this.#isReceivedFrom = true
    for (;;) {
      const here = this.#inbox.takeFirst()
      const value = here === null ? await this.receiveTyped(schema) : this.#decodeTyped(schema, here)
      if (value === null) return
      yield value
    }
  }

  /**
   * The same in arrays of all that is here, at least one value each: where many small messages come, waiting for each would cost more than
   * reading it.
   *
   * ```ts
   * for await (const readings of connection.typedBatches(Reading)) for (const reading of readings) store(reading)
   * ```
   *
   * @param options.max values in an array at most, 1,024 unless told otherwise
   * @param options.copy false: byte arrays are views, see {@link BatchOptions}
   * @throws RangeError for a `max` that is no whole number from 1 on; as {@link receiveTyped}, after what came before the message in question
   */
  typedBatches<T>(schema: MessageDecoder<T>, options: BatchOptions = {}): AsyncGenerator<T[], void, undefined> {
    const { max, copy } = checkBatch('typedBatches', options)
    this.#isReceivedFrom = true
    return batches(max, {
      takeHere: (most, take) => {
        this.#takeHere(schema, { most, copy }, take, (message) => this.#decodeTyped(schema, message) as T)
      },
      receive: () => this.receiveTyped(schema),
    })
  }

  /**
   * Messages in arrays of all that is here, at least one each, until the peer has sent its last: the loop over the connection itself, for many
   * small messages.
   *
   * @param options.max messages in an array at most, 1,024 unless told otherwise
   * @param options.copy false: byte arrays are views, see {@link BatchOptions}
   * @throws as {@link typedBatches}; what `receive` throws
   */
  batches(options: BatchOptions = {}): AsyncGenerator<Spack[], void, undefined> {
    const { max, copy } = checkBatch('batches', options)
    const decoder = this.#session.coding?.packets ?? null
    this.#isReceivedFrom = true
    return batches(max, {
      takeHere: (most, take) => {
        this.#takeHere(decoder, { most, copy }, take, (message) => message)
      },
      receive: () => this.receive(),
    })
  }

  /** Messages until the peer has sent its last. Leaving the loop early leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Spack, void, undefined> {
    this.#isReceivedFrom = true
    for (;;) {
      const message = this.#decode(this.#inbox.takeFirst()) ?? (await this.receive())
      if (message === null) return
      yield message
    }
  }

  /**
   * Asks the peer for a sign of life, which it gives whatever its application does.
   *
   * @returns the milliseconds until it came. Calls made at once share one; there are 750 ms at least between two.
   * @throws TypeError over stalk/1; StalkError CONNECTION_CLOSED after our `end()` or `close()`, and without channels after the peer’s, or
   *   what ended the connection
   */
  async ping(): Promise<number> {
    if (this.protocol === 'stalk/1') throw new TypeError('stalk/1 has no ping')
    this.#refuseIfSendingEnded()
    return withCaller(this.#pinger.ping())
  }

  /** Whether both sides have channels. */
  get hasChannels(): boolean {
    return this.#session.channels !== null
  }

  /**
   * Opens a stream of messages of its own beside this one, to be used at once.
   *
   * @param name for the peer: 1 to 255 bytes of UTF-8
   * @throws TypeError over stalk/1; TypeError, RangeError for a name or options that make no sense; StalkError CHANNELS_UNAVAILABLE,
   *   TOO_MANY_CHANNELS, CONNECTION_CLOSED, or what ended the connection
   */
  openChannel(name: string, options: OpenChannelOptions = {}): Channel {
    if (this.#error !== null) throw this.#error
    requireChannels(this.protocol, this.hasChannels)
    return this.#requireChannels().open(name, options)
  }

  /**
   * The next channel that the peer opened, in their order; null when it opens no more. Those that nobody asks for wait, 64 of them unless
   * `limits.maxPendingChannels` says otherwise: beyond, they are refused. Where many may come at once, loop over {@link channels}.
   *
   * @param options.signal gives up waiting, with its reason; no channel is lost by that
   * @throws TypeError over stalk/1; StalkError CHANNELS_UNAVAILABLE, or what ended the connection
   */
  async acceptChannel({ signal }: Waiting = {}): Promise<Channel | null> {
    requireChannels(this.protocol, this.hasChannels)
    this.#isReceivedFrom = true
    return withCaller(this.#requireChannels().accept(signal))
  }

  /**
   * Channels that the peer opens, until it opens no more. While the loop runs all of them wait for it, as many as `limits.maxChannels`
   * allows: none is refused because many come at once. Leaving the loop early changes nothing else.
   */
  async *channels(): AsyncGenerator<Channel, void, undefined> {
    requireChannels(this.protocol, this.hasChannels)
    const release = this.#requireChannels().takeAll()
    try {
      for (;;) {
        const channel = await this.acceptChannel()
        if (channel === null) return
        yield channel
      }
    } finally {
      release()
    }
  }

  /**
   * Sends what is queued, on all channels, and then the end of our direction: the peer’s `receive()` gives null, ours goes on. What is not
   * ended of channels by then is CHANNEL_TRUNCATED there.
   */
  async end(): Promise<void> {
    this.#refuseIfSendingEnded()
    this.#sendingEnded = true
    if (this.#isOverInOrder) return
    await withCaller(this.#outbox.end())
    this.#failIfSessionDid()
    this.#cutIfOver()
  }

  /**
   * Sends what is queued, ends the connection and waits for the peer to do the same, reading and discarding until then; the peer is not
   * told of what is discarded that it arrived. Called again it gives the same promise; the shorter time counts, and the first statement.
   *
   * @throws TypeError, RangeError for a code or a reason that cannot be sent; StalkError CLOSE_TIMEOUT if the peer did not take what
   *   was queued, or what ended the connection before it was sent
   */
  close(options: CloseOptions = {}): Promise<void> {
    checkNames('close', options, ['timeoutMs', 'code', 'reason'])
    const timeoutMs = checkTimeout('timeoutMs', options.timeoutMs ?? CLOSE_TIMEOUT_MS)
    const statement = this.#checkStatement(options)
    this.#closing ??= withCaller(this.#close(statement))
    this.#limitClosing(timeoutMs)
    this.#sayEnding()
    return this.#closing
  }

  /** `await using`: closes the connection at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * Gives the connection up at once; what is queued is lost. Pending and later calls throw `reason`, or CONNECTION_CLOSED; the peer’s see
   * CLOSED_BY_PEER, over stalk/1 CONNECTION_LOST.
   */
  abort(reason?: StalkError): void {
    this.#fail(reason ?? new StalkError('CONNECTION_CLOSED', 'the connection was aborted on this side'))
  }

  /** What `console.log` shows. */
  #inspect(): string {
    const state = this.#error !== null ? this.#error.code : this.socket.destroyed ? 'closed' : 'open'
    const peer = this.#peerIdentity === null ? 'nobody yet' : this.#peerIdentity.fingerprint
    return `Connection(${this.protocol} ${this.host}:${this.port} ${state}, peer ${peer}${this.unverified ? ' unverified' : ''})`
  }

  /** @internal Our direction ends by itself once the peer has sent its last: nobody is there who would do it. */
  endWithPeer(): void {
    this.#endsWithPeer = true
    if (this.#inbox.ended) this.#endOurs()
  }

  /**
   * @internal What has arrived can still be received and answered, and channels that are open go on; then `receive()` gives null, as does
   * `acceptChannel()`. What comes later is dropped, and the peer is not told any more that something arrived.
   *
   * @returns false if nobody ever received anything, or the connection is over: then there is nothing to wait for
   */
  drain(): boolean {
    if (!this.#isReceivedFrom || this.#error !== null || this.#closing !== null) return false
    this.#session.stopConfirming()
    this.#inbox.endWithThese()
    this.#channels?.end()
    this.#sayEnding()
    return true
  }

  /** @internal Resolves once the handshake is done, rejects (and cuts the line) if that fails or a deadline passes. */
  opened(times: OpeningTimes): Promise<void> {
    const startedAt = performance.now()
    const tell = (error: Error | null): void => {
      if (!diagnostics.handshake.hasSubscribers) return
      const durationMs = performance.now() - startedAt
      diagnostics.handshake.publish({ connection: this, role: this.role, durationMs, error })
    }
    return new Promise((resolve, reject) => {
      this.#opening = new Opening(times, {
        onTimeout: (error) => this.#fail(error),
        resolve: () => {
          tell(null)
          resolve()
        },
        reject: (error) => {
          tell(error)
          reject(error)
        },
      })
      if (this.socket.destroyed) this.#fail(lostLine(this.socket.errored))
      else this.#outbox.write()
    })
  }

  #listenToSocket(): void {
    const { socket } = this
    socket.on('data', (chunk: Uint8Array) => {
      this.#bytesReceived += chunk.length
      this.#take(() => this.#session.receive(chunk, performance.now()))
      // where much comes at once, nobody waits for an answer
      if (this.#session.canPrepare && chunk.length < LARGE_CHUNK_BYTES) setImmediate(prepare, this.#session)
    })
    socket.on('end', () => this.#take(() => this.#session.receiveEnd()))
    socket.on('error', (cause) => this.#fail(lostLine(cause)))
    // a stream need not say that it closes
    for (const event of ['end', 'finish']) {
      socket.on(event, () => {
        if (socket.readableEnded && socket.writableFinished) this.#expectClose()
      })
    }
    socket.on('close', () => this.#onGone())
    // one that was paused stays so unless it is told
    socket.resume()
  }

  /** The line is gone by this, or when the stream says so. */
  #destroyLine(): void {
    this.socket.destroy()
    this.#expectClose()
  }

  #expectClose(): void {
    if (this.#isGone) return
    this.#unsaidCloseTimer ??= setTimeout(() => {
      this.socket.destroy()
      this.#onGone()
    }, UNSAID_CLOSE_MS)
  }

  #onGone(): void {
    if (this.#isGone) return
    if (!this.#inbox.ended && this.#closing === null) {
      this.#fail(lostLine(null))
    }
    const gone = this.#error ?? new StalkError('CONNECTION_CLOSED', 'the connection is closed')
    this.#wipe(gone)
    for (const timer of [this.#ticking, this.#idling, this.#closeTimer, this.#unsaidCloseTimer]) {
      if (timer !== null) clearTimeout(timer)
    }
    this.#outbox.fail(gone)
    this.#pinger.fail(gone)
    this.#channels?.fail(gone)
    this.#peerEnded()
    this.#sayEnding()
    if (this.#isEstablished && diagnostics.close.hasSubscribers) {
      diagnostics.close.publish({ connection: this, error: this.#error })
    }
    this.#resolveClosed()
  }

  /** One step of the session: what it says is delivered even if it failed after it had said it. */
  #take(step: () => void): void {
    if (this.#error !== null) return
    let failure: StalkError | null = null
    try {
      step()
    } catch (error) {
      failure = error as StalkError
    }
    for (const event of this.#session.takeEvents()) {
      // nobody is asked for the sake of a session that is dead
      if (failure === null || (event.type !== 'sign' && event.type !== 'authorize')) this.#deliver(event)
    }
    if (failure !== null) {
      this.#fail(failure)
      return
    }
    this.#outbox.writeAnswers()
    this.#failIfSessionDid()
    this.#cutIfOver()
    this.#updateReading()
  }

  /** Writing may end a session, too: when it has sent all that it may. */
  #failIfSessionDid(): void {
    if (this.#session.failure !== null && !this.#isGone) this.#fail(this.#session.failure)
  }

  /** However it ended, the keys go. In good order, that is no failure. */
  #wipe(gone: StalkError): void {
    this.#isGone = true
    this.#isOverInOrder = this.#error === null && this.#outbox.unsentMessages === 0 && this.#session.queuedBytes === 0
    this.#session.abort(gone)
  }

  /**
   * Reading stops while enough is unread, but over stalk/1 not in the middle of a packet that our own messages wait for: they could never
   * leave. A peer that does not pause even then is talking at the same time as we are.
   */
  #updateReading(): void {
    // each channel has its credit: reading goes on
    if (this.hasChannels) return
    const blocked = this.#inbox.full && this.#session.waitsForPeer
    if (!this.#inbox.full) this.#blockedSince = null
    else if (blocked) this.#blockedSince ??= this.#inbox.bytes
    if (blocked && this.#inbox.bytes - (this.#blockedSince ?? 0) > MAX_BLOCKED_BYTES) {
      const reason = 'the peer goes on sending while our messages wait: over stalk/1 the two sides have to take turns'
      this.#fail(new StalkError('STALK1_OUT_OF_STEP', reason))
      return
    }
    if (this.#inbox.full && !blocked) {
      if (!this.socket.isPaused()) this.#session.pauseReading(performance.now())
      this.socket.pause()
    } else if (this.socket.isPaused()) {
      this.#session.resumeReading(performance.now())
      this.socket.resume()
    }
  }

  #deliver(event: SessionEvent): void {
    switch (event.type) {
      case 'sign':
        void this.#sign(event)
        return
      case 'awaitVerdict':
        this.#opening?.awaitVerdict()
        return
      case 'authorize':
        this.#opening?.awaitVerdict()
        this.#requestAuthorization(event)
        return
      case 'established':
        this.#isEstablished = true
        this.#peerIdentity = event.peerIdentity
        this.#opening?.settle(null)
        this.#opening = null
        this.#openChannels()
        this.#scheduleTick()
        this.#watchIdleness(this.#idleTimeoutMs ?? 0)
        return
      case 'message':
        this.#onUse('received', 1)
        if (diagnostics.message.hasSubscribers) this.#publish('received', event.message)
        this.#inbox.put(event.message)
        return
      case 'messages':
        this.#onUse('received', event.run.left)
        if (diagnostics.message.hasSubscribers) {
          for (const run = event.run.copy(); run.next();) this.#publish('received', run.view())
        }
        this.#inbox.putRun(event.run)
        return
      case 'pong':
        this.#pinger.onPong(event.number)
        return
      case 'end':
        this.#peerStatement = event.statement
        this.#peerEnded()
        this.#inbox.end()
        this.#channels?.end()
        if (!this.hasChannels) {
          this.#pinger.fail(
            new StalkError('CONNECTION_CLOSED', 'the peer has ended its direction, and answers no more'),
          )
        }
        if (this.#endsWithPeer) this.#endOurs()
        this.#cutIfOver()
        return
      case 'channel':
      case 'channelMessage':
      case 'channelEnd':
      case 'channelReset':
        this.#channels?.deliver(event)
        return
    }
  }

  #decode(message: Spack | Uint8Array | null): Spack | null {
    if (!(message instanceof Uint8Array)) return message
    try {
      return this.#coding.decode(message)
    } catch (error) {
      throw this.#failWith(error)
    }
  }

  #decodeTyped<T>(schema: MessageDecoder<T>, message: Spack | Uint8Array | null): T | null {
    if (message === null) return null
    if (!(message instanceof Uint8Array)) return schema.decode(encode(message, { form: 'compact' }))
    try {
      return this.#coding.decodeTyped(schema, message)
    } catch (error) {
      throw this.#failWith(error)
    }
  }

  /** @param decoder null: over a protocol that decodes its messages itself, for which `convert` is */
  #takeHere<T>(
    decoder: MessageDecoder<T> | null,
    { most, copy }: RunReading,
    take: (value: T) => void,
    convert: (message: Spack) => T,
  ): void {
    this.#inbox.takeHere(most, !copy, (entry, count) => {
      if (entry instanceof Spack || decoder === null) {
        take(convert(entry as Spack))
        return
      }
      try {
        this.#coding.decodeRun(decoder, entry, { most: count, copy }, take)
      } catch (error) {
        throw this.#failWith(error)
      }
    })
  }

  get #coding(): MessageCoding {
    const { coding } = this.#session
    if (coding === null) throw new TypeError(`${this.protocol} encodes its messages itself`)
    return coding
  }

  /** What is no message at all ends the connection. */
  #failWith(error: unknown): unknown {
    if (error instanceof StalkError) this.#fail(error)
    return error
  }

  /** Messages were sent or came, on whichever channel. */
  #onUse(direction: 'sent' | 'received', count: number): void {
    if (this.#idleTimeoutMs !== null) this.#usedAt = performance.now()
    if (direction === 'sent') this.#messagesSent += count
    else this.#messagesReceived += count
  }

  /** Tells whoever watches. @param message encoded, if it goes by a schema */
  #publish(direction: 'sent' | 'received', message: Spack | Uint8Array): void {
    const shown = message instanceof Spack ? message : shownMessage(message)
    if (shown !== null) diagnostics.message.publish({ connection: this, direction, message: shown })
  }

  #openChannels(): void {
    const { channels } = this.#session
    if (channels === null) return
    const host = {
      session: channels,
      coding: this.#coding,
      outbox: this.#outbox,
      refuseIfSendingEnded: () => this.#refuseIfSendingEnded(),
      onUse: (direction: 'sent' | 'received') => this.#onUse(direction, 1),
      publish: (direction: 'sent' | 'received', message: Spack | Uint8Array) => this.#publish(direction, message),
      onFailure: (error: StalkError) => this.#fail(error),
    }
    this.#channels = new Channels(host, this.#limits.maxPendingChannels)
  }

  #requireChannels(): Channels {
    if (this.#channels === null) throw new TypeError('the connection is not established')
    return this.#channels
  }

  /** Messages went their way: the peer may send more. */
  #onConsumed(count: number, cost: number): void {
    const { channels } = this.#session
    if (channels === null) return
    channels.consume(count, cost)
    if (channels.hasControl) this.#outbox.schedule()
  }

  /** Both sides have said that they are done: a peer that keeps the line open all the same has some time to let go of it. */
  #cutIfOver(): void {
    const { socket } = this
    if (!this.#inbox.ended || !socket.writableEnded || socket.destroyed || this.#isOver) return
    this.#isOver = true
    this.#cutLater(LAST_WORDS_MS)
  }

  #cutLater(milliseconds: number): void {
    const { socket } = this
    const timer = setTimeout(() => this.#destroyLine(), milliseconds).unref()
    socket.once('close', () => clearTimeout(timer))
  }

  #endOurs(): void {
    if (this.#error !== null || this.#sendingEnded || this.#closing !== null) return
    // What could not be sent has failed the connection, which its owner is told of everywhere else.
    this.end().catch(() => undefined)
  }

  async #sign(request: SignRequest): Promise<void> {
    const { identity } = this
    try {
      if (identity === null) throw new TypeError('there is no identity to sign with')
      const signature = await this.#signWith(() => (this.#error === null ? signAs(identity, request.message) : null))
      if (signature !== null) this.#take(() => request.answer(signature))
    } catch (error) {
      this.#fail(new StalkError('INTERNAL', 'our own identity could not sign: see `cause`', error))
    }
  }

  #requestAuthorization(request: AuthorizeRequest): void {
    if (this.#authorize === undefined) {
      this.#take(() => request.accept(performance.now()))
      return
    }
    this.#authorize({
      ...request,
      accept: (now) => this.#take(() => request.accept(now)),
      reject: (error, statement) => this.#take(() => request.reject(error, statement)),
    })
  }

  /** Keeps the time for the session. The timer holds no process: the socket does. */
  #scheduleTick(): void {
    if (this.#session.nextTickAt === Infinity) return
    const delayMs = Math.max(1, Math.ceil(this.#session.nextTickAt - performance.now()))
    this.#ticking = setTimeout(() => {
      this.#take(() => this.#session.tick(performance.now()))
      if (this.#error === null) this.#scheduleTick()
    }, delayMs).unref()
  }

  /** Ends a connection over which no message was sent either way for too long. */
  #watchIdleness(delayMs: number): void {
    if (this.#idleTimeoutMs === null) return
    const idleTimeoutMs = this.#idleTimeoutMs
    this.#idling = setTimeout(() => {
      if (this.#error !== null || this.socket.destroyed) return
      const left = Math.ceil(this.#usedAt + idleTimeoutMs - performance.now())
      if (left > 0) this.#watchIdleness(left)
      else this.#fail(new StalkError('IDLE_TIMEOUT', `no message was sent either way for ${idleTimeoutMs} ms`))
    }, delayMs).unref()
  }

  #fail(error: StalkError): void {
    if (this.#error !== null) return
    this.#error = error
    if (diagnostics.error.hasSubscribers) {
      diagnostics.error.publish({ error, connection: this, peer: `${this.host}:${this.port}` })
    }
    this.#session.abort(error)
    this.#inbox.fail(error)
    this.#channels?.fail(error)
    this.#endLine()
    this.#outbox.fail(error)
    this.#pinger.fail(error)
    this.#opening?.settle(error)
    this.#opening = null
    this.#peerEnded()
    this.#sayEnding()
  }

  #sayEnding(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#ending?.abort(this.#endingReason())
  }

  #endingReason(): StalkError {
    return this.#error ?? new StalkError('CONNECTION_CLOSED', 'this side ends the connection')
  }

  /** After a failure: the last words, if there are any, and time for the peer to read them. */
  #endLine(): void {
    const { socket } = this
    if (this.#outbox.writeLastWords()) {
      this.#cutLater(LAST_WORDS_MS)
      socket.end()
      socket.resume()
      return
    }
    // An orderly end would tell a peer of stalk/1 that all is well.
    if (this.#isEstablished) reset(socket)
    this.#destroyLine()
  }

  /** Throws TypeError or RangeError for what cannot be said at the end. */
  #checkStatement({ code = 0, reason = '' }: CloseOptions): PeerStatement {
    if (code === 0 && reason === '') return { code, reason }
    if (this.protocol === 'stalk/1') throw new TypeError('stalk/1 has no place for a code or a reason')
    if (code !== 0 && code !== 1 && !(Number.isInteger(code) && code >= 0x4000 && code <= 0xffff)) {
      throw new RangeError(
        `code is 0 (done), 1 (going away), or the application’s own from 0x4000 to 0xffff, not ${code}`,
      )
    }
    checkReason(reason)
    return { code, reason }
  }

  async #close(statement: PeerStatement): Promise<void> {
    const { closed } = this
    if (this.#error !== null) return closed
    this.#inbox.close()
    // what nobody will see has not arrived
    this.#session.stopConfirming()
    if (this.#isOverInOrder) return
    this.#channels?.close()
    if (!this.#sendingEnded) await this.#outbox.end(statement)
    else await this.#outbox.flush()
    this.#failIfSessionDid()
    await closed
  }

  /** Of several times the one that is over first counts. */
  #limitClosing(timeoutMs: number): void {
    const closeBy = performance.now() + timeoutMs
    if (this.#isGone || closeBy >= this.#closeBy) return
    this.#closeBy = closeBy
    if (this.#closeTimer !== null) clearTimeout(this.#closeTimer)
    this.#closeTimer = setTimeout(() => this.#onCloseTimeout(), timeoutMs)
  }

  #onCloseTimeout(): void {
    const { unsentBytes } = this.#outbox
    if (unsentBytes === 0 || this.#error !== null) {
      this.#destroyLine()
      return
    }
    this.#fail(
      new StalkError('CLOSE_TIMEOUT', `the peer did not take the last ${unsentBytes} bytes in time: they are lost`),
    )
  }

  #refuseIfSendingEnded(): void {
    if (this.#error !== null) throw pointAtCaller(this.#error, this.#refuseIfSendingEnded)
    if (this.#sendingEnded || this.#closing !== null) {
      throw new StalkError('CONNECTION_CLOSED', 'this side has ended its direction: nothing more can be sent')
    }
  }
}

/** How long a call waits. */
interface Waiting {
  readonly signal?: AbortSignal | undefined
}

/** How a connection is closed. */
export interface CloseOptions {
  /** After this long the line is cut, 5,000 unless told otherwise. */
  readonly timeoutMs?: number
  /**
   * 0, the default: done. 1 (going away) and the application’s own, from 0x4000 to 0xffff, end the peer’s direction, too: its calls throw
   * CLOSED_BY_PEER with this code and the reason. stalk/2 only.
   */
  readonly code?: number
  /** For the peer, at most 255 bytes of UTF-8. stalk/2 only. */
  readonly reason?: string
}

function prepare(session: Session): void {
  session.prepare?.()
}

/** @param cause null or undefined, if the line does not say why */
function lostLine(cause: unknown): StalkError {
  if (cause === null || cause === undefined) return new StalkError('CONNECTION_LOST', 'the socket was destroyed')
  return new StalkError('CONNECTION_LOST', `the connection was lost: ${describeThrown(cause)}`, cause)
}

/** Cuts the line so that the peer is told, which only TCP can do. */
function reset(socket: Duplex & { resetAndDestroy?(): void }): void {
  try {
    socket.resetAndDestroy?.()
  } catch {
    // a socket that is not of TCP, which has the method all the same
  }
}

/** A message for whoever watches; null: it is none, which whoever receives it learns. */
function shownMessage(message: Uint8Array): Spack | null {
  try {
    return decode(message, { form: 'compact', limits: unlimited })
  } catch {
    return null
  }
}

/** They were held to the limits of the connection already. */
const unlimited = Object.freeze({
  ...{ maxPacketBytes: Infinity, maxElements: Infinity, maxStringBytes: Infinity },
  ...{ maxArrayLength: Infinity, maxByteArrayBytes: Infinity },
})
