// The few pieces of DER (ITU-T X.690) that key files are made of.
import { concatBytes } from '../crypto/bytes.js'
import { fromBigEndian, toBigEndian } from '../crypto/big-integer.js'

const tag = { integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, objectIdentifier: 0x06, sequence: 0x30 }

export function derSequence(...items: readonly Uint8Array[]): Uint8Array {
  return derElement(tag.sequence, concatBytes(...items))
}

/** A non-negative integer. */
export function derInteger(number: bigint): Uint8Array {
  const bytes = toBigEndian(number)
  // the first bit is the sign
  return derElement(tag.integer, (bytes[0] ?? 0) < 0x80 ? bytes : concatBytes(Uint8Array.of(0), bytes))
}

export function derOctetString(bytes: Uint8Array): Uint8Array {
  return derElement(tag.octetString, bytes)
}

/** A bit string of whole bytes. */
export function derBitString(bytes: Uint8Array): Uint8Array {
  return derElement(tag.bitString, concatBytes(Uint8Array.of(0), bytes))
}

export function derNull(): Uint8Array {
  return derElement(tag.null, new Uint8Array())
}

/** An object identifier by its content bytes, in hexadecimal. */
export function derObjectIdentifier(hex: string): Uint8Array {
  return derElement(tag.objectIdentifier, toBigEndian(BigInt(`0x${hex}`), hex.length / 2))
}

/** Reads elements one after the other. Every method gives `null` when the next element is not what it reads. */
export class DerReader {
  readonly #bytes: Uint8Array
  #offset = 0

  /** @param bytes borrowed for as long as the reader lives */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** A reader of the content of a sequence. */
  sequence(): DerReader | null {
    const content = this.#content(tag.sequence)
    return content && new DerReader(content)
  }

  /** A non-negative integer; a leading zero byte too many is accepted, so compare with {@link derInteger}. */
  integer(): bigint | null {
    const content = this.#content(tag.integer)
    return content && (content[0] ?? 0x80) < 0x80 ? fromBigEndian(content) : null
  }

  /** The bytes of a bit string without unused bits. */
  bitString(): Uint8Array | null {
    const content = this.#content(tag.bitString)
    return content?.[0] === 0 ? content.subarray(1) : null
  }

  octetString(): Uint8Array | null {
    return this.#content(tag.octetString)
  }

  /** Whether exactly these bytes come next; they are skipped. */
  skip(expected: Uint8Array): boolean {
    const found = this.#bytes.subarray(this.#offset, this.#offset + expected.length)
    if (found.length !== expected.length || !found.every((byte, index) => byte === expected[index])) return false
    this.#offset += expected.length
    return true
  }

  #content(expectedTag: number): Uint8Array | null {
    let start = this.#offset + 2
    let length = this.#bytes[this.#offset + 1]
    if (this.#bytes[this.#offset] !== expectedTag || length === undefined) return null
    if (length >= 0x80) {
      // two length bytes are 64 KiB, more than any key
      const lengthBytes = length - 0x80
      if (lengthBytes < 1 || lengthBytes > 2) return null
      length = Number(fromBigEndian(this.#bytes.subarray(start, start + lengthBytes)))
      start += lengthBytes
    }
    if (start + length > this.#bytes.length) return null
    this.#offset = start + length
    return this.#bytes.subarray(start, start + length)
  }
}

function derElement(elementTag: number, content: Uint8Array): Uint8Array {
  const length = content.length
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concatBytes(Uint8Array.of(elementTag, ...header), content)
}
