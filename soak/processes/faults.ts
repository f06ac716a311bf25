// Bugs on purpose, one at a time: what a scenario is for has to notice the server that has it.
import { Spack, type Connection, type KeepaliveTimes, type ListenOptions } from '@stalk/core'

export const faults = {
  leak: 'keeps every connection for ever',
  timers: 'leaves a timer behind for every connection',
  drop: 'does not answer one message in a hundred',
  alter: 'answers one message in a hundred wrongly',
  mute: 'sends no keepalive, and its connections get none',
  open: 'has no limits for those who do not finish a handshake',
} as const

export type Fault = keyof typeof faults

const EVERY = 100
const AN_HOUR_MS = 3_600_000

/** The fault of a server, or none. */
export class Planted {
  readonly #fault: Fault | null
  readonly #kept: Connection[] = []
  #messages = 0

  constructor(fault: Fault | null) {
    this.#fault = fault
  }

  onConnection(connection: Connection): void {
    if (this.#fault === 'leak') this.#kept.push(connection)
    if (this.#fault === 'timers') setTimeout(() => undefined, AN_HOUR_MS).unref()
  }

  /** Null: there is none. */
  reply(right: Spack): Spack | null {
    this.#messages += 1
    if (this.#messages % EVERY !== 0) return right
    if (this.#fault === 'drop') return null
    return this.#fault === 'alter' ? new Spack().string('wrong') : right
  }

  keepalive(wanted: Partial<KeepaliveTimes> | undefined): Pick<ListenOptions, 'keepalive'> {
    if (this.#fault === 'mute') return { keepalive: false }
    return wanted === undefined ? {} : { keepalive: wanted }
  }

  options(wanted: ListenOptions = {}): ListenOptions {
    if (this.#fault !== 'open') return wanted
    return { ...wanted, maxHandshakes: 1_000_000, handshakeRate: false, handshakeTimeoutMs: AN_HOUR_MS }
  }
}
