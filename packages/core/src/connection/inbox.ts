import type { Spack } from '@stalk/spack'
import type { StalkError } from '../errors.js'
import type { Limits } from '../limits.js'
import { memoryOf } from './memory-of.js'

/** About how much memory an encoded message takes besides its bytes. */
const ENTRY_BYTES = 256

/** How much may be unread before the line is not read any further. */
type InboxLimits = Pick<Limits, 'maxUnreadBytes' | 'maxUnreadMessages'>

interface Waiter {
  readonly resolve: (message: Message | null) => void
  readonly reject: (error: StalkError) => void
}

/** As it arrived: encoded, where that is known. */
type Message = Spack | Uint8Array

interface Entry {
  readonly message: Message
  readonly bytes: number
  readonly cost: number
}

type Ending = { readonly error: StalkError } | 'end'

/** Messages that arrived and were not received yet, or the calls that wait for one: never both. */
export class Inbox {
  readonly #limits: InboxLimits
  readonly #onFullChange: () => void
  readonly #onConsumed: (count: number, cost: number) => void
  /** What was taken is cleared at once; the room before `#next` is given back from time to time. */
  #entries: (Entry | undefined)[] = []
  #next = 0
  #bytes = 0
  #waiters: Waiter[] = []
  #ending: Ending | null = null
  #closed = false
  #isLast = false
  #full = false

  /**
   * @param onFullChange told whenever `full` has changed
   * @param onConsumed told how many messages have gone their way, and what they cost the peer in credit
   */
  constructor(limits: InboxLimits, onFullChange: () => void, onConsumed: (count: number, cost: number) => void) {
    this.#limits = limits
    this.#onConsumed = onConsumed
    this.#onFullChange = onFullChange
  }

  /** True once the peer has sent its last, or the connection failed. */
  get ended(): boolean {
    return this.#ending !== null
  }

  /** Whether reading should stop until messages are received. */
  get full(): boolean {
    return this.#full
  }

  /** About how much memory the unread messages take. */
  get bytes(): number {
    return this.#bytes
  }

  get unreadMessages(): number {
    return this.#entries.length - this.#next
  }

  /** @param cost what the message cost the peer in credit */
  put(message: Message, cost: number): void {
    const isUnwanted = this.#closed || this.#isLast
    const waiter = isUnwanted ? undefined : this.#waiters.shift()
    if (isUnwanted || waiter !== undefined) {
      waiter?.resolve(message)
      this.#onConsumed(1, cost)
      return
    }
    const bytes = message instanceof Uint8Array ? ENTRY_BYTES + message.length : memoryOf(message)
    this.#entries.push({ message, bytes, cost })
    this.#bytes += bytes
    const { maxUnreadBytes, maxUnreadMessages } = this.#limits
    if (this.#bytes > maxUnreadBytes || this.unreadMessages > maxUnreadMessages) this.#setFull(true)
  }

  end(): void {
    this.#finish('end')
  }

  /** What is here is still received, then calls are answered with null; nothing more is put in. */
  endWithThese(): void {
    this.#isLast = true
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null)
  }

  fail(error: StalkError): void {
    this.#finish({ error })
  }

  /** Nothing is wanted any more: what is here is dropped, what comes is discarded, calls are answered with null. */
  close(): void {
    this.#closed = true
    const unread = this.#entries.slice(this.#next)
    this.#entries = []
    this.#next = 0
    this.#bytes = 0
    this.#setFull(false)
    this.#onConsumed(
      unread.length,
      unread.reduce((cost, entry) => cost + (entry?.cost ?? 0), 0),
    )
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null)
  }

  /** The next message if it is here already: nobody has to wait for it. */
  takeHere(): Message | null {
    const entry = this.#entries[this.#next]
    return entry === undefined ? null : this.#takeFirst(entry)
  }

  /** @param signal gives up waiting: rejects with its reason, and the message goes to the next call */
  receive(signal?: AbortSignal): Promise<Message | null> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const entry = this.#entries[this.#next]
    if (entry !== undefined) return Promise.resolve(this.#takeFirst(entry))
    if (this.#closed || this.#isLast || this.#ending === 'end') return Promise.resolve(null)
    if (this.#ending !== null) return Promise.reject(this.#ending.error)
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      this.#waiters.push(waiter)
      if (signal !== undefined) this.#giveUpOn(signal, waiter)
    })
  }

  #giveUpOn(signal: AbortSignal, waiter: { resolve: Waiter['resolve']; reject: Waiter['reject'] }): void {
    const { resolve, reject } = waiter
    const onAbort = (): void => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      reject(signal.reason as StalkError)
    }
    const settled = (): void => signal.removeEventListener('abort', onAbort)
    waiter.resolve = (message) => {
      settled()
      resolve(message)
    }
    waiter.reject = (error) => {
      settled()
      reject(error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  }

  #takeFirst({ message, bytes, cost }: Entry): Message {
    this.#entries[this.#next] = undefined
    this.#next += 1
    // Moving the rest forward when half is taken costs each message one move.
    if (this.#next * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#next)
      this.#next = 0
    }
    this.#bytes -= bytes
    const { maxUnreadBytes, maxUnreadMessages } = this.#limits
    if (this.#bytes <= maxUnreadBytes / 2 && this.unreadMessages <= maxUnreadMessages / 2) this.#setFull(false)
    this.#onConsumed(1, cost)
    return message
  }

  #finish(ending: Ending): void {
    if (this.#ending !== null) return
    this.#ending = ending
    for (const waiter of this.#waiters.splice(0)) {
      if (ending === 'end') waiter.resolve(null)
      else waiter.reject(ending.error)
    }
  }

  #setFull(full: boolean): void {
    if (this.#full === full) return
    this.#full = full
    this.#onFullChange()
  }
}
