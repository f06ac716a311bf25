// CipherState: Noise Protocol Framework, revision 34, §5.1.
import { aeadOpen, aeadOpener, aeadSeal, aeadSealer, aeadTagBytes, openWith, sealWith } from '../crypto/aead.js'
import { StalkError } from '../errors.js'
import type { NoiseCipher } from './suites.js'

/** How many bytes a key has. */
export const keyBytes = 32

/** How much longer a ciphertext is than its plaintext. */
export const tagBytes: number = aeadTagBytes

const noBytes = new Uint8Array()

/**
 * A key with the counter of the messages under it. Noise counts to 2^64 - 2; this ends at 2^53 - 2, which is as good as
 * never, so that the counter is a number. Protocols with a limit of their own read {@link nonce}.
 */
export class CipherState {
  readonly #cipher: NoiseCipher
  #key: Uint8Array | null
  #nonce: number
  #isWiped = false
  /** Made beforehand for the counter that is next. */
  #sealer: ReturnType<typeof aeadSealer> | null = null
  #opener: ReturnType<typeof aeadOpener> | null = null

  /**
   * InitializeKey.
   *
   * @param key 32 bytes, copied; `null` passes everything through in clear
   * @param nonce the first counter, for tests: with a key that was used before, the counters must not be, too
   */
  constructor(cipher: NoiseCipher, key: Uint8Array | null, nonce = 0) {
    if (key !== null && key.length !== keyBytes) throw new RangeError(`key must be 32 bytes, not ${key.length}`)
    if (!Number.isSafeInteger(nonce) || nonce < 0) throw new RangeError('nonce must be a safe integer, not negative')
    this.#cipher = cipher
    // not slice(): a Buffer’s shares memory, and the key is wiped
    this.#key = key === null ? null : new Uint8Array(key)
    this.#nonce = nonce
  }

  /** HasKey. Without a key nothing is encrypted. */
  get hasKey(): boolean {
    return this.#key !== null
  }

  /** The counter of the next message. */
  get nonce(): number {
    return this.#nonce
  }

  /**
   * EncryptWithAd: the ciphertext and its tag of 16 bytes, in a new array; without a key a copy of the plaintext.
   *
   * Throws `NOISE_NONCE_EXHAUSTED`.
   */
  encryptWithAd(associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const key = this.#usableKey()
    if (key === null) return new Uint8Array(plaintext)
    this.forgetPrepared()
    const nonce = encodeNonce(this.#cipher, this.#nonce)
    const ciphertext = aeadSeal(this.#cipher.algorithm, key, nonce, associatedData, plaintext)
    this.#nonce += 1
    return ciphertext
  }

  /**
   * EncryptWithAd without associated data, with a key (`TypeError`): ciphertext and tag apart, so that what is large is not copied.
   *
   * Throws `NOISE_NONCE_EXHAUSTED`.
   */
  encryptParts(plaintext: Uint8Array): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array } {
    const key = this.#usableKey()
    if (key === null) throw new TypeError('there is no key')
    const sealer = this.#sealer ?? aeadSealer(this.#cipher.algorithm, key, encodeNonce(this.#cipher, this.#nonce))
    // used once, whatever comes of it; and what is for this counter is for no other
    this.#sealer = null
    this.forgetPrepared()
    const parts = sealWith(sealer, plaintext)
    this.#nonce += 1
    return parts
  }

  /** Makes now what the next {@link encryptParts} would make. With a key (`TypeError`). */
  prepareToEncrypt(): void {
    const key = this.#usableKey()
    if (key === null) throw new TypeError('there is no key')
    this.#sealer ??= aeadSealer(this.#cipher.algorithm, key, encodeNonce(this.#cipher, this.#nonce))
  }

  /** The same for the next message that comes without associated data. */
  prepareToDecrypt(): void {
    const key = this.#usableKey()
    if (key === null) throw new TypeError('there is no key')
    this.#opener ??= aeadOpener(this.#cipher.algorithm, key, encodeNonce(this.#cipher, this.#nonce))
  }

  /** Lets go of what was made beforehand, which has the key in it: OpenSSL clears that when a cipher is finished, not when it is forgotten. */
  forgetPrepared(): void {
    if (this.#sealer === null && this.#opener === null) return
    const prepared = [this.#sealer, this.#opener]
    this.#sealer = null
    this.#opener = null
    for (const cipher of prepared) finish(cipher)
  }

  /**
   * DecryptWithAd: the plaintext, in a new array, or `null` for what does not authenticate; the counter moves on success
   * only. Every failure looks the same. Without a key a copy of the ciphertext.
   *
   * Throws `NOISE_NONCE_EXHAUSTED`.
   */
  decryptWithAd(associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
    const key = this.#usableKey()
    if (key === null) return new Uint8Array(ciphertext)
    const opener = associatedData.length === 0 ? this.#opener : null
    if (opener !== null) this.#opener = null
    this.forgetPrepared()
    const plaintext =
      opener === null
        ? aeadOpen(this.#cipher.algorithm, key, encodeNonce(this.#cipher, this.#nonce), associatedData, ciphertext)
        : openWith(opener, ciphertext)
    if (plaintext !== null) this.#nonce += 1
    return plaintext
  }

  /**
   * Rekey (Noise §4.2, §11.3): replaces the key by a one-way function of it and wipes the old one. The counter goes on.
   *
   * Throws `TypeError` without a key.
   */
  rekey(): void {
    const key = this.#usableKey()
    if (key === null) throw new TypeError('there is no key to replace')
    this.forgetPrepared()
    const nonce = maximalNonce
    const ciphertext = aeadSeal(this.#cipher.algorithm, key, nonce, noBytes, new Uint8Array(keyBytes))
    key.set(ciphertext.subarray(0, keyBytes))
    ciphertext.fill(0)
  }

  /** Overwrites the key; every later use is a `TypeError`. */
  wipe(): void {
    this.#key?.fill(0)
    this.#key = null
    this.forgetPrepared()
    this.#isWiped = true
  }

  #usableKey(): Uint8Array | null {
    // a wiped state must not turn into one that passes everything through in clear
    if (this.#isWiped) throw new TypeError('the key has been wiped')
    if (this.#nonce >= Number.MAX_SAFE_INTEGER) {
      throw new StalkError('NOISE_NONCE_EXHAUSTED', 'this key is used up: connect anew')
    }
    return this.#key
  }
}

/** Kept for rekeying: no message has it (Noise §5.1). */
const maximalNonce = new Uint8Array(12).fill(0xff, 4)

/** Ends a cipher that encrypts or decrypts nothing: its tag is never read, so its counter can still be used. */
function finish(cipher: ReturnType<typeof aeadSealer | typeof aeadOpener> | null): void {
  try {
    cipher?.final()
  } catch {
    // one that decrypts misses its tag
  }
}

/** Borrowed by one call of the cipher at a time: memory that node has prepared once, and not for each message. */
const nonceBytes = new Uint8Array(12)

/** 4 zero bytes, then the 64-bit counter, a safe integer: Noise §12.3, §12.4. Valid until the next one. */
function encodeNonce({ littleEndianNonce }: NoiseCipher, counter: number): Uint8Array {
  let rest = counter
  for (let index = 0; index < 8; index += 1) {
    nonceBytes[littleEndianNonce ? 4 + index : 11 - index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return nonceBytes
}
