/** What every peer may rely on: SPEC, stalk/2 §14. */
const peersAllowance = { perSecond: 1000, burst: 10_000 }

/** Less than the peer allows: what a line that stalls for 18 seconds hands over all at once is no flood there. */
const ownAllowance = { perSecond: 500, burst: 1000 }

/** Counts the channels that a side opens and then gives up: each made work that no limit of open channels bounds. */
export class ResetMeter {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #at = 0

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#left = burst
  }

  /** For what the peer gives up. */
  static ofPeer(): ResetMeter {
    return new ResetMeter(peersAllowance)
  }

  /** For what this side gives up. */
  static ofOurs(): ResetMeter {
    return new ResetMeter(ownAllowance)
  }

  /** Counts one more; false: it is one too many. @param now milliseconds */
  take(now: number): boolean {
    const left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1000)
    this.#at = now
    this.#left = left >= 1 ? left - 1 : left
    return left >= 1
  }
}
