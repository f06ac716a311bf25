import type { Duplex } from 'node:stream'
import type { Spack } from '@stalk/spack'
import { errorOf, StalkError, type PeerStatement } from '../errors.js'
import type { Limits } from '../limits.js'
import type { MessageEncoder, Session, SessionChannels } from '../session/session.js'

/** Above this many bytes that were sent and are not with the kernel yet, `send` answers false. */
const HIGH_WATER_BYTES = 256 * 1024

/** The same for messages of a channel: small ones cost more than their bytes. */
const HIGH_WATER_MESSAGES = 1024

/** How much may wait to be sent. */
type OutboxLimits = Pick<Limits, 'maxQueuedBytes' | 'maxQueuedMessages'>

/** With so much in the stream the rest stays in the session: there, what is urgent can still overtake it. */
const WRITE_AHEAD_BYTES = 128 * 1024

interface FlushWaiter {
  /** Null: of all channels. */
  readonly channel: number | null
  /** Whether the session has handed out what is waited for. */
  readonly isOut: () => boolean
  /** The write with which that went; null: it has not gone. */
  write: number | null
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The way out: from `send` over the session’s queue onto the line, once a tick. */
export class Outbox {
  readonly #socket: Duplex
  readonly #session: Session
  readonly #autoFlush: boolean
  readonly #limits: OutboxLimits
  #accepted = 0
  #flushed = 0
  #bytesSent = 0
  /** What is in the stream, as of the last write and the last that was done. */
  #lineBytes = 0
  /** Whoever has less queued is not refused because of what others have. */
  readonly #leastFullBytes: number
  #scheduled = false
  /** Writes that were begun and that the kernel has. */
  #begun = 0
  #done = 0
  /** Whether the session may have more for a stream that was full. */
  #isHeldBack = false
  #waiters: FlushWaiter[] = []
  #error: StalkError | null = null

  constructor(socket: Duplex, session: Session, autoFlush: boolean, limits: OutboxLimits) {
    this.#limits = limits
    this.#leastFullBytes = Math.min(HIGH_WATER_BYTES, limits.maxQueuedBytes)
    this.#socket = socket
    this.#session = session
    this.#autoFlush = autoFlush
  }

  /** Bytes that were sent and are not with the kernel yet. */
  get unsentBytes(): number {
    return this.#session.queuedBytes + this.#socket.writableLength
  }

  /** Messages that were sent and are not with the kernel yet. */
  get unsentMessages(): number {
    return this.#accepted - this.#flushed
  }

  /** Bytes that the line was given. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Throws SEND_QUEUE_FULL, and what is wrong with the message. */
  send(message: Spack): boolean {
    if (this.#mayBeFull) this.#refuseIfFull(this.#ownBytes, this.unsentMessages)
    this.#session.send(message)
    return this.#sent()
  }

  /** The same for a value by a schema. */
  sendTyped<T>(schema: MessageEncoder<T>, value: T): boolean {
    if (this.#mayBeFull) this.#refuseIfFull(this.#ownBytes, this.unsentMessages)
    this.#session.sendTyped(schema, value)
    return this.#sent()
  }

  /** The same on a channel, whose own queue counts. */
  sendOn(id: number, message: Spack): boolean {
    const channels = this.#channels()
    this.#refuseIfFull(channels.queuedBytes(id), channels.queuedMessages(id))
    channels.send(id, message)
    return this.#sentOn(channels, id)
  }

  sendTypedOn<T>(id: number, schema: MessageEncoder<T>, value: T): boolean {
    const channels = this.#channels()
    this.#refuseIfFull(channels.queuedBytes(id), channels.queuedMessages(id))
    channels.sendTyped(id, schema, value)
    return this.#sentOn(channels, id)
  }

  /** False: whoever has so little queued is not refused. */
  get #mayBeFull(): boolean {
    return this.#ownBytes >= this.#leastFullBytes || this.#accepted - this.#flushed >= this.#limits.maxQueuedMessages
  }

  #sent(): boolean {
    this.#accepted += 1
    if (this.#autoFlush) this.schedule()
    return this.#ownBytes < HIGH_WATER_BYTES
  }

  #sentOn(channels: SessionChannels, id: number): boolean {
    if (this.#autoFlush) this.schedule()
    return channels.queuedBytes(id) < HIGH_WATER_BYTES && channels.queuedMessages(id) < HIGH_WATER_MESSAGES
  }

  /** Writes what there is at the end of the tick. */
  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      this.writeAnswers()
    })
  }

  /** @param signal gives up waiting: what was sent goes its way all the same */
  flush(signal?: AbortSignal): Promise<void> {
    const count = this.#accepted
    return this.#flush(0, () => this.#session.sentMessages >= count, signal)
  }

  /** The same for one channel. */
  flushChannel(id: number, signal?: AbortSignal): Promise<void> {
    const channels = this.#channels()
    const count = channels.sentMessages(id) + channels.queuedMessages(id)
    return this.#flush(id, () => channels.sentMessages(id) >= count, signal)
  }

  /** Ends our direction after what was sent on all channels; resolves as `flush` does. */
  end(statement?: PeerStatement): Promise<void> {
    this.#session.end(statement)
    return this.#flush(null, () => this.#session.queuedBytes === 0)
  }

  /** Those who wait for a channel are told that it is over. */
  failChannel(id: number, error: Error): void {
    const waiters = this.#waiters.filter(({ channel }) => channel === id)
    this.#waiters = this.#waiters.filter(({ channel }) => channel !== id)
    for (const waiter of waiters) waiter.reject(error)
  }

  #flush(channel: number | null, isOut: () => boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#error !== null) return Promise.reject(this.#error)
    this.write()
    if (isOut() && this.#done === this.#begun) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (): void => signal?.removeEventListener('abort', onAbort)
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const waiter: FlushWaiter = {
        channel,
        isOut,
        write: isOut() ? this.#begun : null,
        resolve: () => {
          settle()
          resolve()
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Messages of the connection itself that were sent, in bytes, and what is in the stream. */
  get #ownBytes(): number {
    return this.#session.ownQueuedBytes + this.#lineBytes
  }

  #refuseIfFull(ownBytes: number, ownMessages: number): void {
    const { maxQueuedBytes, maxQueuedMessages } = this.#limits
    const hasRoom = this.unsentBytes < maxQueuedBytes || ownBytes < this.#leastFullBytes
    if (hasRoom && ownMessages < maxQueuedMessages) return
    throw new StalkError(
      'SEND_QUEUE_FULL',
      `${ownMessages} messages (${ownBytes} bytes) wait for a peer that does not take them: await flush() when send() answers false`,
    )
  }

  #channels(): SessionChannels {
    const { channels } = this.#session
    if (channels === null) throw new TypeError('there are no channels')
    return channels
  }

  /** What the protocol itself has to say goes now; so do messages, unless they wait for a flush. */
  writeAnswers(): void {
    this.write(this.#autoFlush || this.#waiters.length > 0)
  }

  /** Hands the line what the session has ready, as far as the stream has room, and ends it if that was the last. */
  write(withMessages = true): void {
    if (this.#error !== null) return
    for (;;) {
      if (!this.#socket.writable) return
      const room = WRITE_AHEAD_BYTES - this.#socket.writableLength
      this.#isHeldBack = room <= 0
      if (this.#isHeldBack) return
      const chunks = this.#session.takeOutput(withMessages, room)
      if (chunks.length === 0) break
      this.#put(chunks)
    }
    if (this.#session.outputEnded) this.#onLine(() => this.#socket.end())
  }

  /** One corked write. */
  #put(chunks: Uint8Array[]): void {
    this.#begun += 1
    const write = this.#begun
    const sent = this.#session.sentMessages
    for (const waiter of this.#waiters) {
      if (waiter.write === null && waiter.isOut()) waiter.write = write
    }
    for (const chunk of chunks) this.#bytesSent += chunk.length
    const last = chunks.pop()
    this.#onLine(() => {
      this.#socket.cork()
      for (const chunk of chunks) this.#socket.write(chunk)
      this.#socket.write(last, (error) => (error ? undefined : this.#onWritten(write, sent)))
      this.#socket.uncork()
    })
    this.#lineBytes = this.#socket.writableLength
  }

  /** What a stream throws is the loss of the line: above are ticks, timers and streams, where it would end the process. */
  #onLine(act: () => void): void {
    try {
      act()
    } catch (thrown) {
      this.#socket.destroy(errorOf(thrown))
    }
  }

  /** Hands the line the last words of a session that has failed; false if there are none. */
  writeLastWords(): boolean {
    if (!this.#socket.writable) return false
    const chunks = this.#session.takeOutput()
    if (chunks.length === 0) return false
    this.#put(chunks)
    return true
  }

  fail(error: StalkError): void {
    if (this.#error !== null) return
    this.#error = error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  #onWritten(write: number, sent: number): void {
    this.#done = write
    this.#flushed = sent
    this.#lineBytes = this.#socket.writableLength
    if (this.#waiters.length > 0) {
      const isDone = (waiter: FlushWaiter): boolean => waiter.write !== null && waiter.write <= write
      const waiters = this.#waiters.filter(isDone)
      this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter))
      for (const waiter of waiters) waiter.resolve()
    }
    if (this.#isHeldBack) this.writeAnswers()
  }
}
