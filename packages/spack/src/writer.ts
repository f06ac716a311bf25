import { setFloat32At, setFloat32sAt, setFloat64At, setFloat64sAt } from './floats.js'
import { writeSigned } from './leb128.js'
import { writeUtf8 } from './utf8.js'

/** A place in a buffer that was measured beforehand, moving forward as it is written. */
export class Writer {
  offset: number
  readonly #bytes: Uint8Array

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
    setFloat32At(this.#bytes, this.offset, value)
    this.offset += 4
  }

  float64(value: number): void {
    setFloat64At(this.#bytes, this.offset, value)
    this.offset += 8
  }

  float32s(values: Float32Array): void {
    setFloat32sAt(this.#bytes, this.offset, values)
    this.offset += values.byteLength
  }

  float64s(values: Float64Array): void {
    setFloat64sAt(this.#bytes, this.offset, values)
    this.offset += values.byteLength
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
}
