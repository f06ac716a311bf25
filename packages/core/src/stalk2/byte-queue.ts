const noBytes = new Uint8Array()

/** Bytes that arrived and were not read yet. Its memory is at most twice what it holds, or one chunk. */
export class ByteQueue {
  #bytes: Uint8Array = noBytes
  /** Whether the memory is our own, and may be written to. */
  #isOurs = false
  #start = 0
  #end = 0

  /** How many bytes are here. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Adds bytes at the end: the chunk itself is kept if nothing else is here, otherwise it is copied. */
  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#bytes = chunk
      this.#isOurs = false
      this.#start = 0
      this.#end = chunk.length
      return
    }
    this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The byte at an index, counted from the front. `RangeError` beyond the end. */
  byteAt(index: number): number {
    const byte = index < this.length ? this.#bytes[this.#start + index] : undefined
    if (byte === undefined) throw new RangeError(`there is no byte ${index} of ${this.length}`)
    return byte
  }

  /** Two bytes as a number, big endian. `RangeError` beyond the end. */
  uint16At(index: number): number {
    return this.byteAt(index) * 256 + this.byteAt(index + 1)
  }

  /** All that is here: a view, valid until the next push. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** Takes bytes from the front: a view, valid until the next push. `RangeError` beyond the end. */
  take(count: number): Uint8Array {
    if (count > this.length) throw new RangeError(`there are ${this.length} bytes, not ${count}`)
    const taken = this.#bytes.subarray(this.#start, this.#start + count)
    this.#start += count
    if (this.#start === this.#end) this.clear()
    return taken
  }

  /** Lets go of everything. */
  clear(): void {
    this.#bytes = noBytes
    this.#isOurs = false
    this.#start = 0
    this.#end = 0
  }

  /** Room after the end, in memory of our own: twice what is needed, so that each byte is moved a constant number of times. */
  #makeRoom(count: number): void {
    if (this.#isOurs && this.#end + count <= this.#bytes.length) return
    const { length } = this
    const grown = new Uint8Array(2 * (length + count))
    grown.set(this.peek())
    this.#bytes = grown
    this.#isOurs = true
    this.#start = 0
    this.#end = length
  }
}
