import { Spack } from '@stalk/spack'
import type { StalkError } from '../errors.js'
import type { Limits } from '../limits.js'
import { messageCostBytes, type MessageRun } from '../message-run.js'
import { memoryOf } from './memory-of.js'

/** About how much memory a message that came encoded takes besides its bytes, if it is alone in its record. */
const ENTRY_BYTES = 256

/** How much may be unread before the line is not read any further. */
type InboxLimits = Pick<Limits, 'maxUnreadBytes' | 'maxUnreadMessages'>

interface Waiter {
  readonly resolve: (message: Message | null) => void
  readonly reject: (error: StalkError) => void
}

/** As it arrived: encoded, where that is known. */
type Message = Spack | Uint8Array

type Ending = { readonly error: StalkError } | 'end'

/** Messages that arrived and were not received yet, or the calls that wait for one: never both. */
export class Inbox {
  readonly #limits: InboxLimits
  readonly #onFullChange: () => void
  readonly #onConsumed: (count: number, cost: number) => void
  /** What was taken is cleared at once; the room before `#next` is given back from time to time. */
  #entries: (Spack | MessageRun | undefined)[] = []
  #next = 0
  #bytes = 0
  #count = 0
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
    return this.#count
  }

  put(message: Spack): void {
    if (this.#closed || this.#isLast) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#keep(message, 1, memoryOf(message))
    else waiter.resolve(message)
  }

  /** The same for several. */
  putRun(run: MessageRun): void {
    if (this.#closed || this.#isLast) {
      this.#onConsumed(run.left, run.costLeft)
      return
    }
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      run.next()
      waiter.resolve(run.view())
      this.#onConsumed(1, messageCostBytes + run.end - run.start)
      if (run.left === 0) return
    }
    this.#keep(run, run.left, run.bytesLeft + run.left * ENTRY_BYTES)
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
    this.#count = 0
    this.#setFull(false)
    for (const entry of unread) {
      if (entry !== undefined && !(entry instanceof Spack)) this.#onConsumed(entry.left, entry.costLeft)
    }
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null)
  }

  /** The next message if it is here already: nobody has to wait for it. */
  takeFirst(): Message | null {
    const entry = this.#entries[this.#next]
    if (entry === undefined) return null
    if (entry instanceof Spack) {
      this.#dropFirst()
      this.#consumed(1, 0, memoryOf(entry))
      return entry
    }
    entry.next()
    if (entry.left === 0) this.#dropFirst()
    const length = entry.end - entry.start
    this.#consumed(1, length + messageCostBytes, length + ENTRY_BYTES)
    return entry.view()
  }

  /**
   * Takes what is here already, up to `most` messages: `take` is given decoded ones and runs, and has to move these on. Whatever it throws
   * ends this; messages that it did not move on to are still here.
   *
   * @param detach whether what was taken shares memory with what is left of its run, which then gets its own
   */
  takeHere(most: number, detach: boolean, take: (entry: Spack | MessageRun, most: number) => void): void {
    for (let left = most; left > 0;) {
      const entry = this.#entries[this.#next]
      if (entry === undefined) return
      this.#dropFirst()
      if (entry instanceof Spack) {
        left -= 1
        this.#consumed(1, 0, memoryOf(entry))
        take(entry, 1)
        continue
      }
      const { left: countBefore, bytesLeft: bytesBefore } = entry
      try {
        take(entry, left)
      } finally {
        const count = countBefore - entry.left
        const bytes = bytesBefore - entry.bytesLeft
        if (entry.left > 0) this.#putBack(detach ? entry.copy() : entry)
        left -= count
        this.#consumed(count, bytes + count * messageCostBytes, bytes + count * ENTRY_BYTES)
      }
    }
  }

  /** @param signal gives up waiting: rejects with its reason, and the message goes to the next call */
  receive(signal?: AbortSignal): Promise<Message | null> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const first = this.takeFirst()
    if (first !== null) return Promise.resolve(first)
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

  #keep(entry: Spack | MessageRun, count: number, bytes: number): void {
    this.#entries.push(entry)
    this.#count += count
    this.#bytes += bytes
    const { maxUnreadBytes, maxUnreadMessages } = this.#limits
    if (this.#bytes > maxUnreadBytes || this.#count > maxUnreadMessages) this.#setFull(true)
  }

  #dropFirst(): void {
    this.#entries[this.#next] = undefined
    this.#next += 1
    // Moving the rest forward when half is taken costs each message one move.
    if (this.#next * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#next)
      this.#next = 0
    }
  }

  #putBack(entry: MessageRun): void {
    if (this.#closed) return
    if (this.#next === 0) {
      this.#entries.unshift(entry)
      return
    }
    this.#next -= 1
    this.#entries[this.#next] = entry
  }

  #consumed(count: number, cost: number, bytes: number): void {
    this.#count -= count
    this.#bytes -= bytes
    const { maxUnreadBytes, maxUnreadMessages } = this.#limits
    if (this.#bytes <= maxUnreadBytes / 2 && this.#count <= maxUnreadMessages / 2) this.#setFull(false)
    this.#onConsumed(count, cost)
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
