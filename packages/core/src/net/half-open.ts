import { StalkError } from '../errors.js'
import { networkOf } from './rate-limiter.js'

/** A socket whose handshake is not done, or failed and whose peer may still read why. */
export interface HalfOpen {
  readonly host: string
  /** Tells the peer, if it was not told yet, and lets the socket go without waiting for it. */
  giveUp(error: StalkError): void
}

/** The half-open sockets of a listener, of which there may be so many: a flood from one address costs that address first. */
export class HalfOpenSockets {
  readonly #max: number
  /** By address, or of IPv6 by network, the oldest first. */
  readonly #byNetwork = new Map<string, Set<HalfOpen>>()
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#count
  }

  /** All of them. */
  *[Symbol.iterator](): Iterator<HalfOpen> {
    for (const entries of this.#byNetwork.values()) yield* entries
  }

  /** Adds one; if there are too many now, the oldest of the busiest address is given up with HANDSHAKE_EVICTED. */
  add(entry: HalfOpen): void {
    const network = networkOf(entry.host)
    const entries = this.#byNetwork.get(network) ?? new Set()
    this.#byNetwork.set(network, entries.add(entry))
    this.#count += 1
    if (this.#count <= this.#max) return
    const evicted = this.#oldestOfBusiest()
    if (evicted === undefined) return
    this.delete(evicted)
    evicted.giveUp(
      new StalkError('HANDSHAKE_EVICTED', `more than ${this.#max} handshakes are unfinished: this one had to go`),
    )
  }

  delete(entry: HalfOpen): void {
    const network = networkOf(entry.host)
    const entries = this.#byNetwork.get(network)
    if (entries?.delete(entry) !== true) return
    this.#count -= 1
    if (entries.size === 0) this.#byNetwork.delete(network)
  }

  #oldestOfBusiest(): HalfOpen | undefined {
    let busiest: Set<HalfOpen> | undefined
    for (const entries of this.#byNetwork.values()) {
      if (busiest === undefined || entries.size > busiest.size) busiest = entries
    }
    return busiest?.values().next().value
  }
}
