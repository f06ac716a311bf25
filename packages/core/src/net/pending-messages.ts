import { decode, PacketPool, Spack } from '@stalk/spack'
import { StalkError } from '../errors.js'
import { messageLimits, type Limits } from '../limits.js'
import { encodeCompact } from '../session/message-coding.js'

/** A message on its way over connections that come and go. */
export interface Pending {
  /** Higher than that of every message sent before. */
  readonly number: number
  /** A copy: whoever sent it may change theirs. */
  readonly message: Spack
  readonly bytes: number
  /** It was given to a connection before, and is sent again. */
  readonly mayHaveArrived: boolean
}

/** Messages that were not given to a connection yet, and those that were and whose arrival is not confirmed. */
export class PendingMessages {
  readonly #limits: Limits
  readonly #pool = new PacketPool()
  #unsent: Pending[] = []
  #unconfirmed: Pending[] = []
  #bytes = 0
  #count = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get unsent(): readonly Pending[] {
    return this.#unsent
  }

  get unconfirmed(): readonly Pending[] {
    return this.#unconfirmed
  }

  /** Of all of them, encoded. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether fewer wait than half of what may. */
  get hasRoom(): boolean {
    return this.#unsent.length + this.#unconfirmed.length < this.#limits.maxQueuedMessages / 2
  }

  /** The number of the newest. */
  get newest(): number {
    return this.#count
  }

  /** Throws SEND_QUEUE_FULL, MESSAGE_TOO_LARGE, MESSAGE_INVALID. */
  add(message: Spack): void {
    const { maxQueuedBytes, maxQueuedMessages } = this.#limits
    const waiting = this.#unsent.length + this.#unconfirmed.length
    if (this.#bytes >= maxQueuedBytes || waiting >= maxQueuedMessages) {
      throw new StalkError(
        'SEND_QUEUE_FULL',
        `${waiting} messages (${this.#bytes} bytes) wait to be sent or confirmed: await flush() when send() answers false`,
      )
    }
    this.#unsent.push(this.#pending(message))
  }

  /** The last one added is not to be sent after all. */
  withdrawLast(): void {
    this.#bytes -= this.#unsent.pop()?.bytes ?? 0
  }

  /** So many of the unsent, the oldest, were given to a connection. */
  sent(count: number): void {
    for (const pending of this.#unsent.splice(0, count)) this.#unconfirmed.push(pending)
  }

  /** So many, the oldest, have arrived. */
  confirmed(count: number): void {
    for (const { bytes } of this.#unconfirmed.splice(0, count)) this.#bytes -= bytes
  }

  /** Nobody knows about the unconfirmed: these are sent again, before everything else. Throws as `add`, but whatever the limits. */
  sendAgain(messages: readonly Spack[]): void {
    const known = new Map(this.#unconfirmed.map((pending) => [pending.message, pending]))
    const again = messages.map((message) => this.#again(message, known))
    for (const { bytes } of this.#unconfirmed) this.#bytes -= bytes
    for (const { bytes } of again) this.#bytes += bytes
    this.#unconfirmed = []
    this.#unsent = again.concat(this.#unsent)
  }

  /** Whether all up to this number have arrived, or were given up. */
  isSettled(number: number): boolean {
    return ![this.#unconfirmed, this.#unsent].some((pending) => pending.some((one) => one.number <= number))
  }

  /** One of the unconfirmed as it is, or another message in their place. */
  #again(message: Spack, known: ReadonlyMap<Spack, Pending>): Pending {
    const same = known.get(message)
    if (same !== undefined) return { ...same, mayHaveArrived: true }
    // callers without types
    if (!((message as unknown) instanceof Spack)) throw new TypeError('onUnconfirmed answers an array of messages')
    const made = this.#pending(message)
    this.#bytes -= made.bytes
    return { ...made, number: 0, mayHaveArrived: true }
  }

  #pending(message: Spack): Pending {
    const { maxMessageBytes } = this.#limits
    this.#pool.reuse()
    const encoded = encodeCompact(message, { ownLimit: maxMessageBytes, peerLimit: maxMessageBytes }, this.#pool)
    const copy = decode(encoded, { form: 'compact', limits: messageLimits(maxMessageBytes) })
    this.#count += 1
    this.#bytes += encoded.length
    return { number: this.#count, message: copy, bytes: encoded.length, mayHaveArrived: false }
  }
}
