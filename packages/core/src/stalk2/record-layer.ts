import { concatBytes } from '../crypto/bytes.js'
import { StalkError } from '../errors.js'
import { type CipherState, tagBytes } from '../noise/cipher-state.js'
import type { ByteQueue } from './byte-queue.js'

/** How records are counted: SPEC, stalk/2 §7. */
export interface RecordNumbers {
  /** The record whose counter is a multiple of this, other than 0, is the first under the next key. */
  readonly rekeyInterval: number
  /** The last counter, which is for CLOSE{5 expired} alone. */
  readonly last: number
}

/** Constants of the wire: others are for tests only. */
const recordNumbers: RecordNumbers = { rekeyInterval: 2 ** 20, last: 2 ** 32 - 1 }

/** The longest plaintext of a record. */
const maxRecordPlaintextBytes: number = 65_535 - tagBytes

const lengthBytes = 2

/** With so many bytes one more copy costs more than to hand out several arrays. */
const largeRecordBytes = 8192
const noBytes = new Uint8Array()

/** One direction, on the side that sends. */
export class RecordSealer {
  readonly #cipherState: CipherState
  readonly #numbers: RecordNumbers

  constructor(cipherState: CipherState, numbers: RecordNumbers = recordNumbers) {
    this.#cipherState = cipherState
    this.#numbers = numbers
  }

  /** Whether there is room for one more record only, which must be CLOSE{5 expired}. */
  get isAtLast(): boolean {
    return this.#cipherState.nonce >= this.#numbers.last
  }

  /**
   * A record in a new array. `plaintext` is borrowed, 1 to 65,519 bytes (`RangeError`).
   *
   * Throws CONNECTION_EXPIRED for anything that may not have this counter.
   */
  seal(plaintext: Uint8Array): Uint8Array {
    return concatBytes(...this.#seal(plaintext))
  }

  /** The same in several arrays, if it is large: so it need not be copied. */
  sealParts(plaintext: Uint8Array): Uint8Array[] {
    const parts = this.#seal(plaintext)
    return plaintext.length < largeRecordBytes ? [concatBytes(...parts)] : parts
  }

  #seal(plaintext: Uint8Array): Uint8Array[] {
    if (plaintext.length === 0 || plaintext.length > maxRecordPlaintextBytes) {
      throw new RangeError(`a record has 1 to ${maxRecordPlaintextBytes} bytes, not ${plaintext.length}`)
    }
    const { nonce } = this.#cipherState
    if (nonce > this.#numbers.last || (nonce === this.#numbers.last && !isExpiredClose(plaintext))) {
      throw new StalkError('CONNECTION_EXPIRED', 'this side has sent all records that one connection may: connect anew')
    }
    rekeyIfDue(this.#cipherState, this.#numbers)
    const { ciphertext, tag } = this.#cipherState.encryptParts(plaintext)
    const length = plaintext.length + tagBytes
    return [Uint8Array.of(length >> 8, length & 0xff), ciphertext, tag]
  }

  /** Overwrites the key. */
  wipe(): void {
    this.#cipherState.wipe()
  }
}

/** One direction, on the side that receives. */
export class RecordOpener {
  readonly #cipherState: CipherState
  readonly #numbers: RecordNumbers

  constructor(cipherState: CipherState, numbers: RecordNumbers = recordNumbers) {
    this.#cipherState = cipherState
    this.#numbers = numbers
  }

  /**
   * Takes the next record: its plaintext, at least 1 byte, in a new array; null: it is not whole yet.
   *
   * Throws RECORD_LENGTH, RECORD_AUTH_FAILED, RECORD_EXPIRED.
   */
  next(queue: ByteQueue): Uint8Array | null {
    if (queue.length < lengthBytes) return null
    const length = queue.uint16At(0)
    if (length <= tagBytes) {
      throw new StalkError('RECORD_LENGTH', `a record has at least ${tagBytes + 1} bytes, this one ${length}`)
    }
    if (queue.length < lengthBytes + length) return null
    queue.take(lengthBytes)
    return this.#open(queue.take(length))
  }

  /** Overwrites the key. */
  wipe(): void {
    this.#cipherState.wipe()
  }

  #open(ciphertext: Uint8Array): Uint8Array {
    const { nonce } = this.#cipherState
    if (nonce > this.#numbers.last) throw expired()
    rekeyIfDue(this.#cipherState, this.#numbers)
    const plaintext = this.#cipherState.decryptWithAd(noBytes, ciphertext)
    if (plaintext === null) throw new StalkError('RECORD_AUTH_FAILED', 'a record does not authenticate')
    if (nonce === this.#numbers.last && !isExpiredClose(plaintext)) throw expired()
    return plaintext
  }
}

function rekeyIfDue(cipherState: CipherState, { rekeyInterval }: RecordNumbers): void {
  if (cipherState.nonce > 0 && cipherState.nonce % rekeyInterval === 0) cipherState.rekey()
}

/** CLOSE, code 5, whatever reason. */
function isExpiredClose(plaintext: Uint8Array): boolean {
  return plaintext[0] === 2 && plaintext[1] === 0 && plaintext[2] === 5
}

function expired(): StalkError {
  return new StalkError('RECORD_EXPIRED', 'the peer has sent all records that one connection may, and goes on')
}
