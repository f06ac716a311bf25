import { ByteQueue } from '../stalk2/byte-queue.js'
import type { CapturedChunk, Sender } from './capture.js'

/** All that one side of a captured connection sent. */
export class CapturedStream {
  readonly from: Sender
  readonly queue: ByteQueue = new ByteQueue()
  readonly #total: number
  /** Where each chunk of this side ends, and its place among the chunks of both. */
  readonly #ends: { readonly offset: number; readonly place: number }[] = []

  constructor(chunks: readonly CapturedChunk[], from: Sender) {
    this.from = from
    let offset = 0
    for (const [place, chunk] of chunks.entries()) {
      if (chunk.from !== from) continue
      this.queue.push(chunk.bytes)
      offset += chunk.bytes.length
      this.#ends.push({ offset, place })
    }
    this.#total = offset
  }

  /** How much of it was read. */
  get offset(): number {
    return this.#total - this.queue.length
  }

  /** The place, among the chunks of both sides, of the one with which these first bytes were complete. */
  placeOf(offset: number): number {
    let [low, high] = [0, this.#ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ends[middle]?.offset ?? Infinity) < offset) low = middle + 1
      else high = middle
    }
    return this.#ends[low]?.place ?? Infinity
  }
}
