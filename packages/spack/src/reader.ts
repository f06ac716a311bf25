import { maxDateMs } from './element.js'
import { SpackError, type SpackErrorCode } from './errors.js'
import { float32At, float32sAt, float64At, float64sAt } from './floats.js'
import { readIntegers } from './integers.js'
import { decodeSigned, decodeSignedLength, isMinimalSigned, leb128End, maxLengthBytes } from './leb128.js'
import { defaultSpackLimits, type SpackLimits } from './limits.js'
import { decodeUtf8 } from './utf8.js'

/** The part of a packet that a reader reads: errors name it, with the offset inside it. */
export type Part = 'types' | 'data'

const nothing = new Uint8Array(0)

/**
 * A place in one part of a packet, moving forward. Nothing is read, nor allocated, beyond the part's end, nor beyond the
 * limits. Elements are counted, and how deep they are inside each other.
 *
 * An element is read from two readers, its type from one and its value from the other. Inside a list or a map both are the
 * same: type and value follow each other in the data.
 */
export class Reader {
  limits: SpackLimits = defaultSpackLimits
  readonly part: Part
  #bytes: Uint8Array = nothing
  #start = 0
  #end = 0
  #offset = 0
  #elements = 0
  #depth = 0
  #copies = true

  constructor(part: Part) {
    this.part = part
  }

  /** Starts anew with `bytes[start..end]`. @param copies false: byte arrays are views of `bytes` */
  begin(bytes: Uint8Array, start: number, end: number, limits: SpackLimits, copies = true): this {
    this.#copies = copies
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#offset = start
    this.#elements = 0
    this.#depth = 0
    this.limits = limits
    return this
  }

  /** Lets go of the bytes. */
  release(): void {
    this.#bytes = nothing
    this.#end = 0
    this.#offset = 0
  }

  /** The bytes not read yet. */
  get left(): number {
    return this.#end - this.#offset
  }

  /** Where the reader stands in its part, for messages: `types byte 3`. */
  get place(): string {
    return `${this.part} byte ${this.#offset - this.#start}`
  }

  /** Refuses to go on unless `count` bytes are left: before anything is allocated for them. */
  need(count: number, what: string): void {
    if (count > this.left) throw this.#truncated(count, what)
  }

  byte(what: string): number {
    if (this.#offset >= this.#end) throw this.#truncated(1, what)
    return this.#bytes[this.#offset++] ?? 0
  }

  /** Moves on by one byte if it is this one. */
  skip(byte: number): boolean {
    if (this.#offset >= this.#end || this.#bytes[this.#offset] !== byte) return false
    this.#offset += 1
    return true
  }

  /** A length: from 0 to `max`. */
  length(what: string, max: number, tooLong: SpackErrorCode): number {
    if (this.#offset < this.#end) {
      const first = this.#bytes[this.#offset] ?? 0
      if (first < 0x40 && first <= max) {
        this.#offset += 1
        return first
      }
      if (first >= 0x80 && this.#end - this.#offset > 1) {
        const second = this.#bytes[this.#offset + 1] ?? 0
        const length = (first & 0x7f) | (second << 7)
        if (second < 0x40 && length >= 0x40 && length <= max) {
          this.#offset += 2
          return length
        }
      }
    }
    return this.#longLength(what, max, tooLong)
  }

  /** A signed integer. */
  integer(): number | bigint {
    const bytes = this.#bytes
    const stop = Math.min(this.#end, this.#offset + Math.min(4, this.limits.maxIntegerBytes))
    let bits = 0
    let value = 0
    for (let offset = this.#offset; offset < stop;) {
      const byte = bytes[offset++] ?? 0
      value |= (byte & 0x7f) << bits
      bits += 7
      if (byte >= 0x80) continue
      // a last byte that only repeats the sign before it is one too many: the long way refuses it
      if (bits > 7 && byte === ((value >> (bits - 8)) & 1) * 0x7f) break
      this.#offset = offset
      return (value << (32 - bits)) >> (32 - bits)
    }
    return this.#longInteger()
  }

  float32(): number {
    const offset = this.#offset
    if (this.#end - offset < 4) throw this.#truncated(4, 'a float32')
    this.#offset = offset + 4
    return float32At(this.#bytes, offset)
  }

  float64(): number {
    const offset = this.#offset
    if (this.#end - offset < 8) throw this.#truncated(8, 'a float64')
    this.#offset = offset + 8
    return float64At(this.#bytes, offset)
  }

  boolean(): boolean {
    const byte = this.byte('a boolean')
    if (byte > 1) {
      throw new SpackError(
        'SPACK_BOOLEAN_INVALID',
        `${byte}, just before ${this.place}, is neither of the booleans 0 and 1`,
      )
    }
    return byte === 1
  }

  /** The milliseconds of a date. */
  date(): number {
    const ms = this.integer()
    if (typeof ms === 'bigint' || Math.abs(ms) > maxDateMs) {
      throw new SpackError('SPACK_DATE_INVALID', `the date just before ${this.place} is beyond ${maxDateMs} ms`)
    }
    return ms
  }

  /** A copy of `count` bytes: it neither aliases the input nor keeps it alive. Or a view, for whoever wants that. */
  bytes(count: number, what: string): Uint8Array {
    const start = this.#offset
    if (this.#end - start < count) throw this.#truncated(count, what)
    this.#offset = start + count
    const bytes = this.#bytes
    return this.#copies
      ? bytes.slice(start, start + count)
      : new Uint8Array(bytes.buffer, bytes.byteOffset + start, count)
  }

  float32s(count: number): Float32Array {
    if (4 * count > this.left) throw this.#truncated(4 * count, `float32[] of ${count} entries`)
    const values = float32sAt(this.#bytes, this.#offset, count)
    this.#offset += 4 * count
    return values
  }

  float64s(count: number): Float64Array {
    if (8 * count > this.left) throw this.#truncated(8 * count, `float64[] of ${count} entries`)
    const values = float64sAt(this.#bytes, this.#offset, count)
    this.#offset += 8 * count
    return values
  }

  integers(count: number): (number | bigint)[] {
    if (count > this.left) throw this.#truncated(count, `integer[] of ${count} entries`)
    const values = new Array<number | bigint>(count)
    const end = this.limits.maxIntegerBytes < 8 ? -1 : readIntegers(this.#bytes, this.#offset, this.#end, values)
    if (end >= 0) {
      this.#offset = end
      return values
    }
    // what is large, and what is wrong
    for (let index = 0; index < count; index += 1) values[index] = this.integer()
    return values
  }

  string(count: number): string {
    const start = this.#offset
    if (this.#end - start < count) throw this.#truncated(count, 'a string')
    const text = decodeUtf8(this.#bytes, start, start + count)
    if (text === null) {
      throw new SpackError('SPACK_INVALID_UTF8', `the ${count} bytes of a string at ${this.place} are not valid UTF-8`)
    }
    this.#offset = start + count
    return text
  }

  /** Counts elements, up to the limit of a packet. */
  countElements(count: number): void {
    this.#elements += count
    if (this.#elements <= this.limits.maxElements) return
    throw new SpackError(
      'SPACK_TOO_MANY_ELEMENTS',
      `the packet has more than ${this.limits.maxElements} elements (${this.place})`,
    )
  }

  /** Goes into a list or a map, and reads how many entries it has, of `entryBytes` bytes at least. */
  enter(what: string, entryBytes: number): number {
    if (this.#depth >= this.limits.maxDepth) {
      const { maxDepth } = this.limits
      throw new SpackError('SPACK_TOO_DEEP', `${what} at ${this.place} is deeper than the limit of ${maxDepth}`)
    }
    this.#depth += 1
    const count = this.length(what, Number.MAX_SAFE_INTEGER, 'SPACK_TOO_MANY_ELEMENTS')
    this.countElements(count)
    if (count * entryBytes > this.left) throw this.#truncated(count * entryBytes, `${what} of ${count} entries`)
    return count
  }

  /** Comes out again. */
  leave(): void {
    this.#depth -= 1
  }

  #longLength(what: string, max: number, tooLong: SpackErrorCode): number {
    if (this.#offset >= this.#end) throw this.#truncated(1, `the length of ${what}`)
    const end = this.#numberEnd(maxLengthBytes, `the length of ${what}`, tooLong)
    const length = decodeSignedLength(this.#bytes, this.#offset, end)
    if (length < 0) {
      throw new SpackError('SPACK_NEGATIVE_LENGTH', `the length of ${what} at ${this.place} is negative: ${length}`)
    }
    if (length > max) {
      throw new SpackError(tooLong, `the length ${length} of ${what} at ${this.place} exceeds the limit of ${max}`)
    }
    this.#offset = end
    return length
  }

  #longInteger(): number | bigint {
    this.need(1, 'an integer')
    const end = this.#numberEnd(this.limits.maxIntegerBytes, 'an integer', 'SPACK_INTEGER_TOO_LONG')
    const value = decodeSigned(this.#bytes, this.#offset, end)
    this.#offset = end
    return value
  }

  /** The end of a minimal LEB128 number that starts here. */
  #numberEnd(maxBytes: number, what: string, tooLong: SpackErrorCode): number {
    const end = leb128End(this.#bytes, this.#offset, Math.min(this.#end, this.#offset + maxBytes))
    if (end === -1) throw this.#endless(maxBytes, what, tooLong)
    if (!isMinimalSigned(this.#bytes, this.#offset, end)) {
      throw new SpackError(
        'SPACK_NONCANONICAL',
        `${what} at ${this.place} takes ${end - this.#offset} bytes, more than it needs`,
      )
    }
    return end
  }

  #endless(maxBytes: number, what: string, tooLong: SpackErrorCode): SpackError {
    if (this.left > maxBytes) {
      return new SpackError(tooLong, `${what} at ${this.place} goes on after the limit of ${maxBytes} bytes`)
    }
    return new SpackError(
      'SPACK_LEB128_UNTERMINATED',
      `${what} at ${this.place} does not end in the ${this.left} bytes of ${this.part} left`,
    )
  }

  #truncated(count: number, what: string): SpackError {
    const code = this.part === 'types' ? 'SPACK_TYPES_TRUNCATED' : 'SPACK_DATA_TRUNCATED'
    return new SpackError(code, `${what} at ${this.place} needs ${count} bytes, ${this.left} are left`)
  }
}
