// Authenticated encryption with associated data: AES-256-GCM (NIST SP 800-38D), ChaCha20-Poly1305 (RFC 8439).
import { createCipheriv, createDecipheriv, type CipherGCM, type DecipherGCM } from 'node:crypto'
import { plainBytes } from './bytes.js'

/** An algorithm, by its name in OpenSSL. Both have keys of 32, nonces of 12 and tags of 16 bytes. */
export type AeadAlgorithm = 'aes-256-gcm' | 'chacha20-poly1305'

/** How much longer a ciphertext is than its plaintext. */
export const aeadTagBytes = 16

const options = { authTagLength: aeadTagBytes }

/**
 * Encrypts `plaintext` and authenticates it together with `associatedData`.
 *
 * @param key 32 bytes, borrowed
 * @param nonce 12 bytes; a pair of key and nonce is used once, ever
 * @returns the ciphertext, then the tag, in a new array of its own memory
 */
export function aeadSeal(
  algorithm: AeadAlgorithm,
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = aeadSealer(algorithm, key, nonce)
  if (associatedData.length > 0) cipher.setAAD(associatedData)
  const { ciphertext, tag } = sealWith(cipher, plaintext)
  const sealed = new Uint8Array(plaintext.length + aeadTagBytes)
  sealed.set(ciphertext)
  sealed.set(tag, plaintext.length)
  return sealed
}

/** What encrypts one plaintext, made beforehand: to make it takes longer than to encrypt a small one. */
export function aeadSealer(algorithm: AeadAlgorithm, key: Uint8Array, nonce: Uint8Array): CipherGCM {
  requireLengths(key, nonce)
  return createCipheriv(asGcm(algorithm), key, nonce, options)
}

/** Encrypts the one plaintext: ciphertext and tag apart, so that what is large need not be copied. */
export function sealWith(
  cipher: CipherGCM,
  plaintext: Uint8Array,
): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array } {
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return { ciphertext, tag: cipher.getAuthTag() }
}

/**
 * Decrypts what {@link aeadSeal} made, in a new array, or gives `null` for anything else: another key, nonce or
 * associated data, a changed byte, fewer than 16 bytes. Nothing of the plaintext leaves before the tag is verified.
 *
 * @param key 32 bytes, borrowed
 * @param nonce 12 bytes
 * @param sealed the ciphertext, then the tag; borrowed
 */
export function aeadOpen(
  algorithm: AeadAlgorithm,
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  const decipher = aeadOpener(algorithm, key, nonce)
  if (associatedData.length > 0) decipher.setAAD(associatedData)
  return openWith(decipher, sealed)
}

/** What decrypts one message, made beforehand. */
export function aeadOpener(algorithm: AeadAlgorithm, key: Uint8Array, nonce: Uint8Array): DecipherGCM {
  requireLengths(key, nonce)
  return createDecipheriv(asGcm(algorithm), key, nonce, options)
}

/** Decrypts the one message, as {@link aeadOpen}. */
export function openWith(decipher: DecipherGCM, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < aeadTagBytes) return null
  const tagOffset = sealed.length - aeadTagBytes
  decipher.setAuthTag(sealed.subarray(tagOffset))
  const unverified = decipher.update(sealed.subarray(0, tagOffset))
  try {
    decipher.final()
  } catch {
    // lengths were checked above: a wrong tag is the only thing that OpenSSL refuses here
    unverified.fill(0)
    return null
  }
  return plainBytes(unverified)
}

// The types of node know a ChaCha20-Poly1305 that wants the length of the plaintext with the associated data, as CCM
// does. It does not: both algorithms are used in exactly the same way.
function asGcm(algorithm: AeadAlgorithm): 'aes-256-gcm' {
  return algorithm as 'aes-256-gcm'
}

function requireLengths(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== 32) throw new RangeError(`key must be 32 bytes, not ${key.length}`)
  if (nonce.length !== 12) throw new RangeError(`nonce must be 12 bytes, not ${nonce.length}`)
}
