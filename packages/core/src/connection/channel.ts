import { Spack } from '@stalk/spack'
import { StalkError, type PeerStatement } from '../errors.js'
import { checkNames } from '../option-names.js'
import type { Priority } from '../priorities.js'
import type { MessageCoding, MessageDecoder, MessageEncoder, SessionChannels } from '../session/session.js'
import { diagnostics } from './diagnostics.js'
import type { Outbox } from './outbox.js'
import { withCaller } from './caller.js'
import { checkReason } from './statements.js'
import { checkTimeout } from './timeouts.js'
import { afterTurn, yieldToLoop } from './turns.js'
import { Waiters } from './waiters.js'

/** What a channel needs of its connection. */
export interface ChannelHost {
  readonly session: SessionChannels
  readonly coding: MessageCoding
  readonly outbox: Outbox
  /** Throws what keeps the connection from sending. */
  readonly refuseIfSendingEnded: () => void
  /** A message was sent, or came and is received. */
  readonly onUse: (direction: 'sent' | 'received') => void
  /** Tells whoever watches of it; encoded, if it goes by a schema. */
  readonly publish: (direction: 'sent' | 'received', message: Spack | Uint8Array) => void
  /** The session has failed. */
  readonly onFailure: (error: StalkError) => void
  /** There is nothing more to be told about this channel. */
  readonly onOver: (id: number) => void
  /** Gives it up, both ways, as soon as the peer may be told. */
  readonly reset: (statement: PeerStatement) => void
}

interface ChannelParts {
  readonly id: number
  readonly name: string
  readonly priority: Priority
  readonly host: ChannelHost
  /** Gives the channel up when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** How long `close()` waits for the peer, unless told otherwise. */
const CLOSE_TIMEOUT_MS = 5_000

const cancelled = 0
const internal = 2

/**
 * A stream of messages of its own on a connection: in order, with its own backpressure, beside all others.
 *
 * Made by `connection.openChannel`, on the other side by `connection.acceptChannel`.
 */
export class Channel implements AsyncIterable<Spack> {
  /** As whoever opened it named it, 1 to 255 bytes of UTF-8: escape that of a peer before you show it. */
  readonly name: string
  readonly priority: Priority
  /** Resolves when the channel is over: both sides have ended it, or it was given up. Never rejects, see {@link error}. */
  readonly closed: Promise<void>
  /**
   * Resolves when nobody here wants what comes any more: `close()` was called, of the channel or of its connection, or the channel is
   * over. Whoever still sends on it for the sake of an answer can stop.
   */
  readonly unwanted: Promise<void>
  readonly #id: number
  readonly #host: ChannelHost
  readonly #waiters = new Waiters<Uint8Array | null>()
  /** Those who only want to know. */
  readonly #arrivals = new Waiters<void>()
  readonly #stopListening: () => void
  #settleClosed: () => void = () => undefined
  #settleUnwanted: () => void = () => undefined
  /** What gave the channel up, or what is missing at its end. */
  #error: Error | null = null
  #closing: Promise<void> | null = null
  #isOver = false
  #isUnwanted = false
  #peerHasEnded = false
  #hasEnded = false
  /** Whether all that we sent is with the kernel, after we ended. */
  #hasLeft = false

  /** @internal */
  constructor({ id, name, priority, host, signal }: ChannelParts) {
    this.#id = id
    this.#host = host
    this.name = name
    this.priority = priority
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.unwanted = new Promise((resolve) => {
      this.#settleUnwanted = resolve
    })
    const onAbort = (): void => this.#giveUp({ code: cancelled, reason: '' }, signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort)
  }

  /** What gave the channel up, or ended it too early; null if nothing went wrong (yet). The reason of its signal, if that did. */
  get error(): Error | null {
    return this.#error
  }

  /**
   * Whether what comes is discarded: after `close()`, of the channel or of the connection. `receive()` then gives null whatever the peer
   * has sent, which is not to be taken for its end.
   */
  get isDiscarding(): boolean {
    return this.#isUnwanted
  }

  /**
   * Queues a message, as `connection.send` does.
   *
   * @returns false when this channel’s queue is above its high-water mark: `await flush()` before sending more
   * @throws StalkError MESSAGE_TOO_LARGE, MESSAGE_INVALID, SEND_QUEUE_FULL (nothing is sent, the channel goes on), CHANNEL_CLOSED,
   *   CHANNEL_RESET, or what ended the connection or its sending half
   */
  send(message: Spack): boolean {
    if (!(message instanceof Spack)) throw new TypeError("send takes a Spack: new Spack().string('hi')")
    this.#refuseIfSendingEnded()
    const { outbox, onUse, publish } = this.#host
    const roomLeft = outbox.sendOn(this.#id, message)
    onUse('sent')
    if (diagnostics.message.hasSubscribers) publish('sent', message)
    return roomLeft
  }

  /**
   * Queues a value as a message of a schema: as `send(schema.toSpack(value))` does, without the detour.
   *
   * ```ts
   * channel.sendTyped(Reading, { seq: 1, at: 0.5 })
   * ```
   *
   * @returns as `send`
   * @throws what the schema says of the value: TypeError, RangeError, SpackError; what `send` throws
   */
  sendTyped<T>(schema: MessageEncoder<T>, value: T): boolean {
    this.#refuseIfSendingEnded()
    const { outbox, onUse, publish } = this.#host
    const roomLeft = outbox.sendTypedOn(this.#id, schema, value)
    onUse('sent')
    if (diagnostics.message.hasSubscribers) publish('sent', schema.encode(value))
    return roomLeft
  }

  /**
   * Resolves when everything sent so far on this channel is with the kernel; rejects with what gave the channel up before.
   *
   * @param options.signal gives up waiting, with its reason; what was sent goes its way all the same
   */
  async flush({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#isOver && this.#error !== null && !this.#hasLeft) throw this.#error
    if (this.#isOver) return
    await afterTurn(this.#host.outbox.flushChannel(this.#id, signal))
  }

  /**
   * The next message, or null when the peer has ended the channel. After `close()` the answer is null.
   *
   * @param options.signal gives up waiting, with its reason; no message is lost by that
   * @throws StalkError CHANNEL_RESET, CHANNEL_TRUNCATED, CHANNEL_CLOSED after `abort()`, or what ended the connection
   */
  receive({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Spack | null> {
    return this.#receive((bytes) => this.#host.coding.decode(bytes), signal)
  }

  /**
   * The value of the next message by a schema, or null when the peer has ended the channel: as `schema.fromSpack(await receive())`, without
   * the detour. A message that is none of the schema costs that message alone: the channel goes on.
   *
   * @param options.signal as of `receive`
   * @throws SpackError for what is none of the schema; what `receive` throws
   */
  receiveTyped<T>(
    schema: MessageDecoder<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T | null> {
    return this.#receive((bytes) => this.#host.coding.decodeTyped(schema, bytes), signal)
  }

  /**
   * How many bytes the next message has, as encoded, or null when the peer has ended the channel. The message stays where it is, and the
   * peer may not send another in its place: whoever has no room for it waits.
   *
   * @param options.signal as of `receive`
   * @throws what `receive` throws
   */
  async peek({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<number | null> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#isUnwanted && this.#error === null) return null
      const bytes = this.#host.session.nextBytes(this.#id)
      if (bytes !== null) return bytes
      if (this.#error !== null) throw this.#error
      if (this.#peerHasEnded) return null
      await this.#arrivals.add(signal)
    }
  }

  /** Messages until the peer has ended the channel. Leaving the loop early leaves the channel open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Spack, void, undefined> {
    for (;;) {
      const message = await this.receive()
      if (message === null) return
      yield message
    }
  }

  /** Sends what is queued and then the end of our direction: the peer’s `receive()` gives null, ours goes on. */
  async end(): Promise<void> {
    this.#refuseIfSendingEnded()
    await this.#end()
  }

  /**
   * Sends what is queued, ends the channel and waits for the peer to do the same, reading and discarding until then. A peer that does not
   * within `timeoutMs`, 5,000 unless told otherwise, is told that the channel is given up.
   *
   * @throws StalkError CLOSE_TIMEOUT if the peer did not take what was queued, or what gave the channel up before it was sent
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkNames('close', options, ['timeoutMs'])
    const timeoutMs = checkTimeout('timeoutMs', options.timeoutMs ?? CLOSE_TIMEOUT_MS)
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /** `await using`: closes the channel at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * Gives the channel up at once, both ways: what is queued and what is unread is lost. Pending and later calls throw CHANNEL_CLOSED, the
   * peer’s CHANNEL_RESET with this code and reason. Of a channel that is over what is unread is dropped.
   *
   * @param options.code 0 (not wanted any more, the default), 1 (refused: nothing was looked at), 2 (internal error), or the application’s
   *   own from 0x4000 to 0xffff
   * @param options.reason for the peer, at most 255 bytes of UTF-8
   */
  abort(options: { readonly code?: number; readonly reason?: string } = {}): void {
    checkNames('abort', options, ['code', 'reason'])
    const { code = cancelled, reason = '' } = options
    if (!(Number.isInteger(code) && code >= 0 && (code <= internal || (code >= 0x4000 && code <= 0xffff)))) {
      throw new RangeError(
        `code is 0 (cancelled), 1 (refused), 2 (internal), or the application’s own from 0x4000 to 0xffff, not ${code}`,
      )
    }
    checkReason(reason)
    this.#giveUp({ code, reason }, new StalkError('CHANNEL_CLOSED', 'this side has given the channel up'))
  }

  /** @internal A message can be read. */
  onMessage(): void {
    if (this.#waiters.isEmpty) {
      this.#arrivals.resolveAll()
      return
    }
    const bytes = this.#take()
    if (bytes !== null) this.#waiters.resolveFirst(bytes)
  }

  /** @internal The peer has sent its last. */
  onEnd(isTruncated: boolean): void {
    this.#peerHasEnded = true
    if (isTruncated) {
      this.#error = new StalkError('CHANNEL_TRUNCATED', 'the peer ended the connection before it had ended the channel')
      this.#waiters.rejectAll(this.#error)
    } else this.#waiters.resolveAll(null)
    this.#arrivals.resolveAll()
    this.#finishIfOver()
  }

  /** @internal The peer has given it up, or it is over with the whole connection. */
  fail(error: Error): void {
    if (this.#isOver) return
    this.#error = error
    this.#finish()
    this.#waiters.rejectAll(error)
    this.#arrivals.resolveAll()
    this.#host.outbox.failChannel(this.#id, error)
  }

  /** @internal Nobody wants what comes any more. */
  discard(): void {
    this.#isUnwanted = true
    this.#settleUnwanted()
    this.#waiters.resolveAll(null)
    this.#arrivals.resolveAll()
    this.#host.session.discard(this.#id)
    this.#host.outbox.schedule()
  }

  #giveUp(statement: PeerStatement, error: Error): void {
    if (this.#isOver) {
      this.#isUnwanted = true
      this.#host.session.discard(this.#id)
      return
    }
    this.#host.reset(statement)
    this.fail(error)
  }

  #receive<M>(decode: (bytes: Uint8Array) => M, signal: AbortSignal | undefined): Promise<M | null> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#isUnwanted && this.#error === null) return Promise.resolve(null)
    const bytes = this.#take()
    if (bytes !== null) return this.#afterTurn(decode, bytes)
    if (this.#error !== null) return Promise.reject(this.#error)
    if (this.#peerHasEnded) return Promise.resolve(null)
    const arrived = this.#waiters.add(signal)
    return withCaller(arrived.then((message) => (message === null ? null : this.#decode(decode, message))))
  }

  /** What is here already is read at once, but not without end: others on this machine have something to do as well. */
  async #afterTurn<M>(decode: (bytes: Uint8Array) => M, bytes: Uint8Array): Promise<M> {
    const turn = yieldToLoop()
    if (turn !== null) await turn
    return this.#decode(decode, bytes)
  }

  #decode<M>(decode: (bytes: Uint8Array) => M, bytes: Uint8Array): M {
    const { onFailure, onUse, publish } = this.#host
    try {
      const message = decode(bytes)
      onUse('received')
      if (diagnostics.message.hasSubscribers) publish('received', message instanceof Spack ? message : bytes)
      return message
    } catch (error) {
      // what is no message at all ends the connection
      if (error instanceof StalkError) onFailure(error)
      throw error
    }
  }

  #take(): Uint8Array | null {
    const { session, outbox } = this.#host
    const bytes = session.take(this.#id)
    if (bytes !== null && session.hasControl) outbox.schedule()
    return bytes
  }

  async #end(): Promise<void> {
    const { session, outbox } = this.#host
    this.#hasEnded = true
    session.end(this.#id)
    await outbox.flushChannel(this.#id)
    this.#hasLeft = true
    this.#finishIfOver()
  }

  async #close(timeoutMs: number): Promise<void> {
    if (this.#isOver) {
      this.#isUnwanted = true
      this.#host.session.discard(this.#id)
      return
    }
    this.discard()
    const timer = setTimeout(() => this.#onCloseTimeout(timeoutMs), timeoutMs)
    try {
      await (this.#hasEnded ? this.flush() : this.#end())
      await this.closed
    } finally {
      clearTimeout(timer)
    }
  }

  #onCloseTimeout(timeoutMs: number): void {
    const statement = { code: cancelled, reason: '' }
    const unsent = this.#host.session.queuedBytes(this.#id)
    const reason = `the peer did not take the last ${unsent} bytes of the channel within ${timeoutMs} ms: they are lost`
    if (unsent > 0) this.#giveUp(statement, new StalkError('CLOSE_TIMEOUT', reason))
    else this.#giveUp(statement, new StalkError('CHANNEL_CLOSED', 'this side has closed the channel'))
  }

  #finishIfOver(): void {
    if (this.#peerHasEnded && this.#hasLeft) this.#finish()
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopListening()
    this.#host.onOver(this.#id)
    this.#settleUnwanted()
    this.#settleClosed()
  }

  #refuseIfSendingEnded(): void {
    if (this.#error !== null && this.#isOver) throw this.#error
    if (this.#hasEnded) {
      throw new StalkError('CHANNEL_CLOSED', 'this side has ended the channel: nothing more can be sent on it')
    }
    this.#host.refuseIfSendingEnded()
  }
}
