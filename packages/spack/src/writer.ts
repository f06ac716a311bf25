import { setFloat32At, setFloat32sAt, setFloat64At, setFloat64sAt } from './floats.js'
import { writeSigned } from './leb128.js'
import { writeUtf8 } from './utf8.js'

/** A place in a buffer that was measured beforehand, moving forward as it is written. */
export class Writer {
  offset: number
  protected target: Uint8Array

  constructor(target: Uint8Array, offset: number) {
    this.target = target
    this.offset = offset
  }

  byte(value: number): void {
    this.target[this.offset++] = value
  }

  integer(value: number | bigint): void {
    this.offset = writeSigned(this.target, this.offset, value)
  }

  float32(value: number): void {
    setFloat32At(this.target, this.offset, value)
    this.offset += 4
  }

  float64(value: number): void {
    setFloat64At(this.target, this.offset, value)
    this.offset += 8
  }

  float32s(values: Float32Array): void {
    setFloat32sAt(this.target, this.offset, values)
    this.offset += values.byteLength
  }

  float64s(values: Float64Array): void {
    setFloat64sAt(this.target, this.offset, values)
    this.offset += values.byteLength
  }

  bytes(value: Uint8Array): void {
    this.target.set(value, this.offset)
    this.offset += value.length
  }

  /** Writes a string and returns the bytes it took. */
  string(value: string): number {
    const start = this.offset
    this.offset = writeUtf8(this.target, start, value)
    return this.offset - start
  }

  /** Goes into a list or a map of so many entries, and writes how many. */
  enter(count: number): void {
    this.integer(count)
  }

  /** Comes out again. */
  leave(): void {
    // here nothing is counted
  }
}
