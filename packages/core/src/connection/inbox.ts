import type { Spack } from '@stalk/spack'
import type { StalkError } from '../errors.js'
import { memoryOf } from './memory-of.js'

/** With unread messages of this much memory the line is not read any further. */
const HIGH_WATER_BYTES = 256 * 1024

interface Waiter {
  readonly resolve: (message: Spack | null) => void
  readonly reject: (error: StalkError) => void
}

interface Entry {
  readonly message: Spack
  readonly bytes: number
}

type Ending = { readonly error: StalkError } | 'end'

/** Messages that arrived and were not received yet, or the calls that wait for one: never both. */
export class Inbox {
  readonly #onFullChange: () => void
  /** What was taken is cleared at once; the room before `#next` is given back from time to time. */
  #entries: (Entry | undefined)[] = []
  #next = 0
  #bytes = 0
  #waiters: Waiter[] = []
  #ending: Ending | null = null
  #closed = false
  #full = false

  /** @param onFullChange told whenever `full` has changed */
  constructor(onFullChange: () => void) {
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

  put(message: Spack): void {
    if (this.#closed) return
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.resolve(message)
      return
    }
    const bytes = memoryOf(message)
    this.#entries.push({ message, bytes })
    this.#bytes += bytes
    if (this.#bytes > HIGH_WATER_BYTES) this.#setFull(true)
  }

  end(): void {
    this.#finish('end')
  }

  fail(error: StalkError): void {
    this.#finish({ error })
  }

  /** Nothing is wanted any more: what is here is dropped, what comes is discarded, calls are answered with null. */
  close(): void {
    this.#closed = true
    this.#entries = []
    this.#next = 0
    this.#bytes = 0
    this.#setFull(false)
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null)
  }

  receive(): Promise<Spack | null> {
    const entry = this.#entries[this.#next]
    if (entry !== undefined) return Promise.resolve(this.#takeFirst(entry))
    if (this.#closed || this.#ending === 'end') return Promise.resolve(null)
    if (this.#ending !== null) return Promise.reject(this.#ending.error)
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  #takeFirst({ message, bytes }: Entry): Spack {
    this.#entries[this.#next] = undefined
    this.#next += 1
    // Moving the rest forward when half is taken costs each message one move.
    if (this.#next * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#next)
      this.#next = 0
    }
    this.#bytes -= bytes
    if (this.#bytes <= HIGH_WATER_BYTES / 2) this.#setFull(false)
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
