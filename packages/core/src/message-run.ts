/** What a message costs in credit besides its bytes: SPEC, stalk/2 §14. */
export const messageCostBytes = 64

/**
 * Messages that came, one behind the other: encoded, where they arrived, so that nothing is made for each.
 *
 * ```ts
 * while (run.next()) decode(run.bytes, run.start, run.end)
 * ```
 */
export class MessageRun {
  /** Where the messages are, and other things besides. */
  readonly bytes: Uint8Array
  /** The message that `next` moved to. */
  start = 0
  end = 0
  /** Messages that `next` has not moved to yet, and how many bytes they have in all. */
  #left: number
  #bytesLeft: number
  /** Where the next frame begins. */
  #at: number
  /** One message alone has no frame. */
  readonly #isFramed: boolean

  private constructor(bytes: Uint8Array, at: number, count: number, messageBytes: number, isFramed: boolean) {
    this.bytes = bytes
    this.#at = at
    this.#left = count
    this.#bytesLeft = messageBytes
    this.#isFramed = isFramed
  }

  /** Whole frames from `at` on, of a channel whose number has one byte; somebody has looked at them, and found so many without a fault. */
  static ofFrames(frames: Uint8Array, at: number, count: number, messageBytes: number): MessageRun {
    return new MessageRun(frames, at, count, messageBytes, true)
  }

  static ofOne(message: Uint8Array): MessageRun {
    return new MessageRun(message, 0, 1, message.length, false)
  }

  /** How many messages there are still. */
  get left(): number {
    return this.#left
  }

  /** How many bytes they have in all. */
  get bytesLeft(): number {
    return this.#bytesLeft
  }

  /** What they cost the peer in credit, where there is any. */
  get costLeft(): number {
    return this.#bytesLeft + messageCostBytes * this.#left
  }

  /** Moves on to the next message; false: there is none. */
  next(): boolean {
    if (this.#left === 0) return false
    const { bytes } = this
    let start = this.#at
    let length = this.#bytesLeft
    if (this.#isFramed) {
      start += 1
      const low = bytes[start++] ?? 0
      const middle = low < 0x80 ? 0 : (bytes[start++] ?? 0)
      const high = middle < 0x80 ? 0 : (bytes[start++] ?? 0)
      length = ((low & 0x7f) | ((middle & 0x7f) << 7) | (high << 14)) >> 1
    }
    this.start = start
    this.end = start + length
    this.#at = this.end
    this.#left -= 1
    this.#bytesLeft -= length
    return true
  }

  /** The message that `next` moved to, as a view. */
  view(): Uint8Array {
    return this.#isFramed ? this.bytes.subarray(this.start, this.end) : this.bytes
  }

  /** The same messages in memory of their own. */
  copy(): MessageRun {
    if (!this.#isFramed) return MessageRun.ofOne(this.bytes.slice())
    // the heads of frames take at most 4 bytes
    const frames = this.bytes.slice(this.#at, this.#at + this.#bytesLeft + 4 * this.#left)
    return new MessageRun(frames, 0, this.#left, this.#bytesLeft, true)
  }
}
