import type { Duplex } from 'node:stream'
import type { Spack } from '@stalk/spack'
import { StalkError, type PeerStatement } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Session } from '../session/session.js'

/** Above this many bytes that were sent and are not with the kernel yet, `send` answers false. */
const HIGH_WATER_BYTES = 64 * 1024

/** How much may wait to be sent. */
type OutboxLimits = Pick<Limits, 'maxQueuedBytes' | 'maxQueuedMessages'>

interface FlushWaiter {
  /** Resolves once this many messages are with the kernel. */
  readonly count: number
  readonly resolve: () => void
  readonly reject: (error: StalkError) => void
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
  #scheduled = false
  #waiters: FlushWaiter[] = []
  #error: StalkError | null = null

  constructor(socket: Duplex, session: Session, autoFlush: boolean, limits: OutboxLimits) {
    this.#limits = limits
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

  /** Messages that were sent. */
  get messagesSent(): number {
    return this.#accepted
  }

  /** Bytes that the line was given. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Throws SEND_QUEUE_FULL, and what is wrong with the message. */
  send(message: Spack): boolean {
    this.#refuseIfFull()
    this.#session.send(message)
    this.#accepted += 1
    if (this.#autoFlush && !this.#scheduled) {
      this.#scheduled = true
      process.nextTick(() => {
        this.#scheduled = false
        this.write()
      })
    }
    return this.unsentBytes < HIGH_WATER_BYTES
  }

  /** @param signal gives up waiting: what was sent goes its way all the same */
  flush(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#error !== null) return Promise.reject(this.#error)
    this.write()
    if (this.#flushed >= this.#accepted) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settled = (): void => signal?.removeEventListener('abort', onAbort)
      const onAbort = (): void => reject(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push({
        count: this.#accepted,
        resolve: () => {
          settled()
          resolve()
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      })
    })
  }

  #refuseIfFull(): void {
    const { maxQueuedBytes, maxQueuedMessages } = this.#limits
    const { unsentBytes, unsentMessages } = this
    if (unsentBytes < maxQueuedBytes && unsentMessages < maxQueuedMessages) return
    throw new StalkError(
      'SEND_QUEUE_FULL',
      `${unsentMessages} messages (${unsentBytes} bytes) wait for a peer that does not take them: await flush() when send() answers false`,
    )
  }

  /** Ends our direction after what was sent; resolves as `flush` does. */
  end(statement?: PeerStatement): Promise<void> {
    this.#session.end(statement)
    return this.flush()
  }

  /** What the protocol itself has to say goes now; so do messages, unless they wait for a flush. */
  writeAnswers(): void {
    this.write(this.#autoFlush || this.#waiters.length > 0)
  }

  /** Hands the line whatever the session has ready, in one corked write, and ends it if that was the last. */
  write(withMessages = true): void {
    if (this.#error !== null || !this.#socket.writable) return
    const chunks = this.#session.takeOutput(withMessages)
    const all = this.#session.queuedBytes === 0 ? this.#accepted : this.#flushed
    const last = chunks.pop()
    if (last !== undefined) {
      this.#socket.cork()
      for (const chunk of chunks) this.#put(chunk)
      this.#put(last, (error) => (error ? undefined : this.#onFlushed(all)))
      this.#socket.uncork()
    }
    if (this.#session.outputEnded) this.#socket.end()
  }

  /** Hands the line the last words of a session that has failed; false if there are none. */
  writeLastWords(): boolean {
    if (!this.#socket.writable) return false
    const chunks = this.#session.takeOutput()
    for (const chunk of chunks) this.#put(chunk)
    return chunks.length > 0
  }

  fail(error: StalkError): void {
    if (this.#error !== null) return
    this.#error = error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  #put(chunk: Uint8Array, onDone?: (error: Error | null | undefined) => void): void {
    this.#bytesSent += chunk.length
    this.#socket.write(chunk, onDone)
  }

  #onFlushed(count: number): void {
    this.#flushed = count
    while (this.#waiters[0] !== undefined && this.#waiters[0].count <= count) this.#waiters.shift()?.resolve()
  }
}
