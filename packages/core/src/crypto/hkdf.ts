// HMAC-based key derivation with SHA-256: RFC 2104, RFC 5869.
import { createHmac } from 'node:crypto'
import { plainBytes } from './bytes.js'

const hashLength = 32

/** HMAC-SHA-256 (RFC 2104) over the parts, one after the other: 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return plainBytes(hmac.digest())
}

/** HKDF-Extract (RFC 5869 §2.2): a pseudorandom key of 32 bytes; secret, the caller owns and wipes it. */
export function hkdfExtract(salt: Uint8Array, inputKeyMaterial: Uint8Array): Uint8Array {
  return hmacSha256(salt, inputKeyMaterial)
}

/**
 * HKDF-Expand (RFC 5869 §2.3): `length` bytes in a new array of its own memory; the caller owns and wipes it.
 *
 * Throws `RangeError` for more than 8,160 bytes (255 hashes).
 */
export function hkdfExpand(pseudorandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > 255 * hashLength) {
    throw new RangeError(`length must be an integer from 0 to ${255 * hashLength}, not ${length}`)
  }
  const output = new Uint8Array(length)
  let block: Uint8Array = new Uint8Array()
  for (let offset = 0; offset < length; offset += hashLength) {
    const next = hmacSha256(pseudorandomKey, block, info, Uint8Array.of(offset / hashLength + 1))
    block.fill(0)
    block = next
    output.set(block.subarray(0, length - offset), offset)
  }
  block.fill(0)
  return output
}
