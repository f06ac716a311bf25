import type { Spack } from '@stalk/spack'
import type { StalkError } from '../errors.js'

/** Above this many bytes of unread messages the line is not read any further. */
const HIGH_WATER_BYTES = 256 * 1024

interface Waiter {
  readonly resolve: (message: Spack | null) => void
  readonly reject: (error: StalkError) => void
}

type Ending = { readonly error: StalkError } | 'end'

/** Messages that arrived and were not received yet, or the calls that wait for one: never both. */
export class Inbox {
  readonly #onFull: (full: boolean) => void
  #messages: { readonly message: Spack; readonly bytes: number }[] = []
  #next = 0
  #bytes = 0
  #waiters: Waiter[] = []
  #ending: Ending | null = null
  #closed = false
  #full = false

  /** @param onFull told true when reading should stop, false when it may go on */
  constructor(onFull: (full: boolean) => void) {
    this.#onFull = onFull
  }

  /** True once the peer has sent its last, or the connection failed. */
  get ended(): boolean {
    return this.#ending !== null
  }

  put(message: Spack, bytes: number): void {
    if (this.#closed) return
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.resolve(message)
      return
    }
    this.#messages.push({ message, bytes })
    this.#bytes += bytes
    if (!this.#full && this.#bytes > HIGH_WATER_BYTES) this.#setFull(true)
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
    this.#messages = []
    this.#next = 0
    this.#bytes = 0
    if (this.#full) this.#setFull(false)
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(null)
  }

  receive(): Promise<Spack | null> {
    const entry = this.#messages[this.#next]
    if (entry !== undefined) return Promise.resolve(this.#takeFirst(entry))
    if (this.#closed || this.#ending === 'end') return Promise.resolve(null)
    if (this.#ending !== null) return Promise.reject(this.#ending.error)
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  #takeFirst({ message, bytes }: { message: Spack; bytes: number }): Spack {
    this.#next += 1
    this.#bytes -= bytes
    if (this.#next === this.#messages.length) {
      this.#messages = []
      this.#next = 0
    }
    if (this.#full && this.#bytes <= HIGH_WATER_BYTES / 2) this.#setFull(false)
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
    this.#full = full
    this.#onFull(full)
  }
}
