// AES-256 in cipher block chaining mode with PKCS#7 padding: NIST SP 800-38A §6.2, RFC 5652 §6.3.
import { createCipheriv } from 'node:crypto'
import { concatBytes } from './bytes.js'

/**
 * Encrypts `plaintext` as a whole; the result is longer by 1 to 16 bytes.
 *
 * @param key 32 bytes
 * @param iv 16 bytes, fresh and unpredictable
 */
export function aesCbcEncrypt(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return concatBytes(cipher.update(plaintext), cipher.final())
}
