const noBytes = new Uint8Array()

/** Chunks of less are put together: each by itself would cost more memory than its bytes. */
const smallChunkBytes = 4096

/** Bytes that arrived and were not read yet. Its memory is at most twice what it holds, or what it holds and two chunks. */
export class ByteQueue {
  #bytes: Uint8Array = noBytes
  /** Whether the memory is our own, and may be written to. */
  #isOurs = false
  #start = 0
  #end = 0
  /** A chunk that follows: most of it is read where it is. */
  #following: Uint8Array = noBytes

  /** How many bytes are here. */
  get length(): number {
    return this.#end - this.#start + this.#following.length
  }

  /** Adds bytes at the end: a chunk is kept as it is if little else is here, otherwise it is copied. */
  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#begin(chunk)
    } else if (this.#following.length === 0 && chunk.length >= smallChunkBytes) {
      this.#following = chunk
    } else {
      this.#makeRoom(this.#following.length + chunk.length)
      this.#append(this.#following)
      this.#following = noBytes
      this.#append(chunk)
    }
  }

  /** The byte at an index, counted from the front. `RangeError` beyond the end. */
  byteAt(index: number): number {
    const at = this.#start + index
    const byte = at < this.#end ? this.#bytes[at] : this.#following[at - this.#end]
    if (byte === undefined) throw new RangeError(`there is no byte ${index} of ${this.length}`)
    return byte
  }

  /** Two bytes as a number, big endian. `RangeError` beyond the end. */
  uint16At(index: number): number {
    return this.byteAt(index) * 256 + this.byteAt(index + 1)
  }

  /** All that is here: a view, valid until the next push. */
  peek(): Uint8Array {
    if (this.#following.length > 0) this.#begin(this.#gather(this.length, noBytes))
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /**
   * Takes bytes from the front: a view, valid until the next push. `RangeError` beyond the end.
   *
   * @param workspace where they are put together, if they have to be and it is large enough: instead of memory of their own
   */
  take(count: number, workspace: Uint8Array = noBytes): Uint8Array {
    if (count > this.length) throw new RangeError(`there are ${this.length} bytes, not ${count}`)
    const end = this.#start + count
    const isHere = end <= this.#end
    const taken = isHere ? this.#bytes.subarray(this.#start, end) : this.#gather(count, workspace)
    if (end < this.#end) this.#start = end
    else this.#begin(this.#following.subarray(end - this.#end))
    return taken
  }

  /** Lets go of everything. */
  clear(): void {
    this.#begin(noBytes)
  }

  #begin(chunk: Uint8Array): void {
    this.#bytes = chunk.length === 0 ? noBytes : chunk
    this.#isOurs = false
    this.#start = 0
    this.#end = chunk.length
    this.#following = noBytes
  }

  /** What is at the front and goes on in the chunk that follows, in one. */
  #gather(count: number, workspace: Uint8Array): Uint8Array {
    const gathered = count <= workspace.length ? workspace.subarray(0, count) : new Uint8Array(count)
    const first = this.#bytes.subarray(this.#start, this.#end)
    gathered.set(first)
    gathered.set(this.#following.subarray(0, count - first.length), first.length)
    return gathered
  }

  #append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Room after the end, in memory of our own: twice what is needed, so that each byte is moved a constant number of times. */
  #makeRoom(count: number): void {
    if (this.#isOurs && this.#end + count <= this.#bytes.length) return
    const first = this.#bytes.subarray(this.#start, this.#end)
    const grown = new Uint8Array(2 * (first.length + count))
    grown.set(first)
    this.#bytes = grown
    this.#isOurs = true
    this.#start = 0
    this.#end = first.length
  }
}
