import { StalkError } from '../errors.js'

/** When a silent peer is asked, and when it is given up: SPEC, stalk/2 §10. */
export interface KeepaliveTimes {
  /** Of silence, before it is asked for a sign of life. */
  readonly pingAfterMs: number
  /** After that, before it is taken for dead. */
  readonly deadAfterMs: number
}

export const defaultKeepalive: KeepaliveTimes = { pingAfterMs: 15_000, deadAfterMs: 45_000 }

/** A check that comes so late finds a process that was stopped, or busy with something else. */
const STOPPED_MS = 1_000

/** Watches whether the peer is alive. Only whole records that authenticate count. */
export class Keepalive {
  readonly #times: KeepaliveTimes
  #heardAt: number
  #pingedAt: number
  #isPaused = false

  constructor(times: KeepaliveTimes, now: number) {
    this.#times = times
    this.#heardAt = now
    this.#pingedAt = now
  }

  /** A record came. */
  heard(now: number): void {
    this.#heardAt = now
  }

  /** What is due: a PING at most once in `pingAfterMs`. While we do not read, it is our own sign of life, and nobody is dead. */
  check(now: number): 'ping' | 'dead' | null {
    const { pingAfterMs, deadAfterMs } = this.#times
    // nobody was here to read what came meanwhile: the silence was ours
    if (now > this.nextCheckAt + STOPPED_MS) this.#heardAt = now
    else if (!this.#isPaused && now >= this.#heardAt + pingAfterMs + deadAfterMs) return 'dead'
    else if (now < this.#pingAt) return null
    this.#pingedAt = now
    return 'ping'
  }

  /** When {@link check} is due next. */
  get nextCheckAt(): number {
    const { pingAfterMs, deadAfterMs } = this.#times
    return this.#isPaused ? this.#pingAt : Math.min(this.#pingAt, this.#heardAt + pingAfterMs + deadAfterMs)
  }

  /** We stop reading: the silence is ours. */
  pauseReading(): void {
    this.#isPaused = true
  }

  /** We read again: the peer has all its time. */
  resumeReading(now: number): void {
    this.#isPaused = false
    this.#heardAt = now
  }

  get #pingAt(): number {
    const since = this.#isPaused ? this.#pingedAt : Math.max(this.#heardAt, this.#pingedAt)
    return since + this.#times.pingAfterMs
  }
}

const MAX_PINGS = 20
const PERIOD_MS = 10_000

/** Counts the peer’s PINGs. */
export class PingMeter {
  /** When the last 20 came, the oldest first. */
  readonly #times: number[] = []
  /** How many more may come at once, because they waited for us. */
  #credit = 0

  /** Throws PING_FLOOD for the 21st in 10 seconds. */
  onPing(now: number): void {
    const oldest = this.#times.length < MAX_PINGS ? undefined : this.#times.shift()
    const isFlood = oldest !== undefined && now - oldest < PERIOD_MS
    if (isFlood && this.#credit > 0) this.#credit -= 1
    else if (isFlood) {
      throw new StalkError('PING_FLOOD', `the peer sent more than ${MAX_PINGS} PINGs in ${PERIOD_MS} ms`)
    }
    this.#times.push(now)
  }

  /** We did not read for so long: what the peer sent meanwhile comes now, all at once. */
  forgive(pausedMs: number): void {
    this.#credit = Math.ceil((pausedMs * MAX_PINGS) / PERIOD_MS)
  }
}

/** More PINGs than this are not remembered: nobody sends as many without an answer. */
const MAX_UNANSWERED = 64

/** Our own PINGs that were not answered. A PONG answers those before it as well: of several the peer may answer the newest only. */
export class PingLog {
  #unanswered: { readonly number: number; readonly data: Uint8Array }[] = []
  #count = 0

  /** Gives the number of this PING: 1, 2, … */
  sent(data: Uint8Array): number {
    this.#count += 1
    this.#unanswered.push({ number: this.#count, data: data.slice() })
    if (this.#unanswered.length > MAX_UNANSWERED) this.#unanswered.shift()
    return this.#count
  }

  /** Up to which number PINGs are answered now; null: this PONG answers nothing. */
  answered(data: Uint8Array): number | null {
    const index = this.#unanswered.findLastIndex((ping) => data.every((byte, at) => byte === ping.data[at]))
    const found = this.#unanswered[index]
    if (found === undefined) return null
    this.#unanswered = this.#unanswered.slice(index + 1)
    return found.number
  }
}
