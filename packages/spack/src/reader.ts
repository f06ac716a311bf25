import { SpackError, type SpackErrorCode } from './errors.js'
import { decodeSigned, decodeSignedLength, isMinimalSigned, leb128End, maxLengthBytes } from './leb128.js'
import { decodeUtf8 } from './utf8.js'

/** The part of a packet that a reader reads: errors name it, with the offset inside it. */
export type Part = 'types' | 'data'

/** A place in one part of a packet, moving forward. Nothing is read, nor allocated, beyond the part's end. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #part: Part
  readonly #start: number
  readonly #end: number
  #offset: number
  #view: DataView | null = null

  constructor(bytes: Uint8Array, part: Part, start: number, end: number) {
    this.#bytes = bytes
    this.#part = part
    this.#start = start
    this.#end = end
    this.#offset = start
  }

  /** The bytes not read yet. */
  get left(): number {
    return this.#end - this.#offset
  }

  /** Where the reader stands in its part, for messages: `types byte 3`. */
  get place(): string {
    return `${this.#part} byte ${this.#offset - this.#start}`
  }

  /** Refuses to go on unless `count` bytes are left: before anything is allocated for them. */
  need(count: number, what: string): void {
    if (count > this.left) throw this.#truncated(count, what)
  }

  byte(what: string): number {
    this.need(1, what)
    return this.#bytes[this.#offset++] ?? 0
  }

  /** A length: from 0 to `max`. */
  length(what: string, max: number, tooLong: SpackErrorCode): number {
    this.need(1, `the length of ${what}`)
    const place = this.place
    const end = this.#numberEnd(maxLengthBytes, `the length of ${what}`, tooLong)
    const length = decodeSignedLength(this.#bytes, this.#offset, end)
    if (length < 0) {
      throw new SpackError('SPACK_NEGATIVE_LENGTH', `the length of ${what} at ${place} is negative: ${length}`)
    }
    if (length > max) {
      throw new SpackError(tooLong, `the length ${length} of ${what} at ${place} exceeds the limit of ${max}`)
    }
    this.#offset = end
    return length
  }

  /** A signed integer of at most `maxBytes` bytes. */
  integer(maxBytes: number): number | bigint {
    this.need(1, 'an integer')
    const end = this.#numberEnd(maxBytes, 'an integer', 'SPACK_INTEGER_TOO_LONG')
    const value = decodeSigned(this.#bytes, this.#offset, end)
    this.#offset = end
    return value
  }

  float32(): number {
    this.need(4, 'a float32')
    const value = this.#floats().getFloat32(this.#offset, true)
    this.#offset += 4
    return value
  }

  float64(): number {
    this.need(8, 'a float64')
    const value = this.#floats().getFloat64(this.#offset, true)
    this.#offset += 8
    return value
  }

  /** A copy of `count` bytes: it neither aliases the input nor keeps it alive. */
  bytes(count: number, what: string): Uint8Array {
    this.need(count, what)
    this.#offset += count
    return this.#bytes.slice(this.#offset - count, this.#offset)
  }

  string(count: number): string {
    this.need(count, 'a string')
    const text = decodeUtf8(this.#bytes, this.#offset, this.#offset + count)
    if (text === null) {
      throw new SpackError('SPACK_INVALID_UTF8', `the ${count} bytes of a string at ${this.place} are not valid UTF-8`)
    }
    this.#offset += count
    return text
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
      `${what} at ${this.place} does not end in the ${this.left} bytes of ${this.#part} left`,
    )
  }

  #truncated(count: number, what: string): SpackError {
    const code = this.#part === 'types' ? 'SPACK_TYPES_TRUNCATED' : 'SPACK_DATA_TRUNCATED'
    return new SpackError(code, `${what} at ${this.place} needs ${count} bytes, ${this.left} are left`)
  }

  #floats(): DataView {
    return (this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength))
  }
}
