import { SpackError } from './errors.js'
import { defaultSpackLimits, type SpackLimits } from './limits.js'
import { writeAscii } from './utf8.js'
import { Writer } from './writer.js'

// The longest integer that is a number, as LEB128: 53 bits and the sign.
const maxNumberBytes = 8

/** A writer for what was not measured beforehand: its buffer grows, and it counts what the limits are about. */
export class GrowingWriter extends Writer {
  limits: SpackLimits = defaultSpackLimits
  /** Where what is being written begins. */
  start = 0
  #hasGrown = false
  #elements = 0
  #depth = 0

  /** The buffer. What is before `start` belongs to others. */
  get buffer(): Uint8Array {
    return this.target
  }

  /** Whether the buffer is another one than it was at the start. */
  get hasGrown(): boolean {
    return this.#hasGrown
  }

  /** Starts anew at some place in a buffer. */
  begin(buffer: Uint8Array, start: number, limits: SpackLimits): void {
    this.target = buffer
    this.start = start
    this.offset = start
    this.limits = limits
    this.#hasGrown = false
    this.#elements = 0
    this.#depth = 0
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    if (this.offset + count > this.target.length) this.#grow(count)
  }

  override byte(value: number): void {
    this.reserve(1)
    super.byte(value)
  }

  /** A safe integer, such as a length. */
  number(value: number): void {
    this.reserve(maxNumberBytes)
    if (value >= 0 && value < 0x40) super.byte(value)
    else super.integer(value)
  }

  override float32(value: number): void {
    this.reserve(4)
    super.float32(value)
  }

  override float64(value: number): void {
    this.reserve(8)
    super.float64(value)
  }

  override float32s(values: Float32Array): void {
    this.reserve(values.byteLength)
    super.float32s(values)
  }

  override float64s(values: Float64Array): void {
    this.reserve(values.byteLength)
    super.float64s(values)
  }

  override bytes(value: Uint8Array): void {
    this.reserve(value.length)
    super.bytes(value)
  }

  /** Writes a short string of ASCII; of any other nothing, and says so. */
  ascii(text: string): boolean {
    this.reserve(text.length)
    if (!writeAscii(this.target, this.offset, text)) return false
    this.offset += text.length
    return true
  }

  /** Counts elements, up to the limit of a packet. */
  countElements(count: number): void {
    this.#elements += count
    const { maxElements } = this.limits
    if (this.#elements <= maxElements) return
    throw new SpackError('SPACK_TOO_MANY_ELEMENTS', `${this.#elements} elements exceed the limit of ${maxElements}`)
  }

  override enter(count: number): void {
    this.#depth += 1
    const { maxDepth } = this.limits
    if (this.#depth > maxDepth) {
      throw new SpackError('SPACK_TOO_DEEP', `lists and maps inside each other exceed the limit of ${maxDepth}`)
    }
    this.countElements(count)
    this.number(count)
  }

  override leave(): void {
    this.#depth -= 1
  }

  #grow(count: number): void {
    const written = this.offset - this.start
    const buffer = new Uint8Array(Math.max(written + count, 2 * written))
    buffer.set(this.target.subarray(this.start, this.offset))
    this.target = buffer
    this.#hasGrown = true
    this.start = 0
    this.offset = written
  }
}
