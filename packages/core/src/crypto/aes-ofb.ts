// AES-256 in output feedback mode with full 128-bit blocks: NIST SP 800-38A §6.4, vectors F.4.5 and F.4.6.
import { createCipheriv } from 'node:crypto'
import { plainBytes } from './bytes.js'

/**
 * The keystream of one connection. Encryption and decryption are the same exclusive-or, so one object serves both
 * directions; it goes forward by as many bytes as it is given, wherever the calls are cut.
 *
 * OFB hides, it does not authenticate: a changed ciphertext byte changes the same plaintext byte.
 */
export class OfbKeystream {
  readonly #cipher: ReturnType<typeof createCipheriv>

  /**
   * @param key 32 bytes, copied
   * @param iv 16 bytes, copied; never used twice with one key
   */
  constructor(key: Uint8Array, iv: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`key must be 32 bytes, not ${key.length}`)
    if (iv.length !== 16) throw new RangeError(`iv must be 16 bytes, not ${iv.length}`)
    this.#cipher = createCipheriv('aes-256-ofb', key, iv)
  }

  /** The bytes exclusive-or the next bytes of the keystream, in a new array; the argument is left as it is. */
  apply(bytes: Uint8Array): Uint8Array {
    return plainBytes(this.#cipher.update(bytes))
  }
}
