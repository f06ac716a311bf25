import { StalkError } from '../errors.js'

/** What every peer may rely on: SPEC, stalk/2 §14. */
const resetsPerSecond = 1000
const maxResets = 10_000

/** Counts the channels that the peer opens and then gives up: each made work that its limit of open channels does not bound. */
export class ResetMeter {
  #left = maxResets
  #at = 0

  /** Throws CHANNEL_FLOOD. */
  onReset(now: number): void {
    this.#left = Math.min(maxResets, this.#left + ((now - this.#at) * resetsPerSecond) / 1000)
    this.#at = now
    this.#left -= 1
    if (this.#left >= 0) return
    throw new StalkError('CHANNEL_FLOOD', 'the peer opens channels and gives them up, without end')
  }
}
