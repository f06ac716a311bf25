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

/** Where records that came in several chunks are put together, to be decrypted at once: of all connections, as it has ciphertexts only. */
const workspace = new Uint8Array(65_535)

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
    const { ciphertext, tag } = this.#seal(plaintext)
    const tagAt = lengthBytes + ciphertext.length
    const record = new Uint8Array(tagAt + tagBytes)
    writeLength(record, plaintext)
    record.set(ciphertext, lengthBytes)
    record.set(tag, tagAt)
    return record
  }

  /** The same in several arrays, if it is large: so it need not be copied. */
  sealParts(plaintext: Uint8Array): Uint8Array[] {
    if (plaintext.length < largeRecordBytes) return [this.seal(plaintext)]
    const { ciphertext, tag } = this.#seal(plaintext)
    const head = new Uint8Array(lengthBytes)
    writeLength(head, plaintext)
    return [head, ciphertext, tag]
  }

  #seal(plaintext: Uint8Array): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array } {
    if (plaintext.length === 0 || plaintext.length > maxRecordPlaintextBytes) {
      throw new RangeError(`a record has 1 to ${maxRecordPlaintextBytes} bytes, not ${plaintext.length}`)
    }
    const { nonce } = this.#cipherState
    if (nonce > this.#numbers.last || (nonce === this.#numbers.last && !isExpiredClose(plaintext))) {
      throw new StalkError('CONNECTION_EXPIRED', 'this side has sent all records that one connection may: connect anew')
    }
    rekeyIfDue(this.#cipherState, this.#numbers)
    return this.#cipherState.encryptParts(plaintext)
  }

  /** Makes now what the next record would have to wait for. */
  prepare(): void {
    if (!isRekeyDue(this.#cipherState, this.#numbers)) this.#cipherState.prepareToEncrypt()
  }

  forgetPrepared(): void {
    this.#cipherState.forgetPrepared()
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
    return this.#open(queue.take(length, workspace))
  }

  /** Makes now what the next record would have to wait for. */
  prepare(): void {
    if (!isRekeyDue(this.#cipherState, this.#numbers)) this.#cipherState.prepareToDecrypt()
  }

  forgetPrepared(): void {
    this.#cipherState.forgetPrepared()
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

function writeLength(record: Uint8Array, plaintext: Uint8Array): void {
  const length = plaintext.length + tagBytes
  record[0] = length >> 8
  record[1] = length & 0xff
}

function rekeyIfDue(cipherState: CipherState, numbers: RecordNumbers): void {
  if (isRekeyDue(cipherState, numbers)) cipherState.rekey()
}

function isRekeyDue({ nonce }: CipherState, { rekeyInterval }: RecordNumbers): boolean {
  return nonce > 0 && nonce % rekeyInterval === 0
}

/** CLOSE, code 5, whatever reason. */
function isExpiredClose(plaintext: Uint8Array): boolean {
  return plaintext[0] === 2 && plaintext[1] === 0 && plaintext[2] === 5
}

function expired(): StalkError {
  return new StalkError('RECORD_EXPIRED', 'the peer has sent all records that one connection may, and goes on')
}
