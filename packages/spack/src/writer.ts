import { writeSigned } from './leb128.js'
import { writeUtf8 } from './utf8.js'

// The one NaN of each width. What an engine would write for NaN is its own choice.
const nan32 = 0x7fc00000
const nan64High = 0x7ff80000

/** A place in a buffer that was measured beforehand, moving forward as it is written. */
export class Writer {
  offset: number
  readonly #bytes: Uint8Array
  #view: DataView | null = null

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes
    this.offset = offset
  }

  byte(value: number): void {
    this.#bytes[this.offset++] = value
  }

  integer(value: number | bigint): void {
    this.offset = writeSigned(this.#bytes, this.offset, value)
  }

  float32(value: number): void {
    if (Number.isNaN(value)) this.#floats().setUint32(this.offset, nan32, true)
    else this.#floats().setFloat32(this.offset, value, true)
    this.offset += 4
  }

  float64(value: number): void {
    if (Number.isNaN(value)) {
      this.#floats().setUint32(this.offset, 0, true)
      this.#floats().setUint32(this.offset + 4, nan64High, true)
    } else this.#floats().setFloat64(this.offset, value, true)
    this.offset += 8
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.offset)
    this.offset += value.length
  }

  /** Writes a string and returns the bytes it took. */
  string(value: string): number {
    const start = this.offset
    this.offset = writeUtf8(this.#bytes, start, value)
    return this.offset - start
  }

  // made when the first float comes: most packets have none
  #floats(): DataView {
    return (this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength))
  }
}
