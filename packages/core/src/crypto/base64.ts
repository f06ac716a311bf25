// Base64 with padding (RFC 4648 §4), as bytes: strings of secrets cannot be wiped.

const digits = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const values = new Map(Array.from(digits, (digit, value) => [digit, value]))
const padding = 0x3d

/** The digits of some bytes, padded, in a new array; the caller wipes it if they are secret. */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding)
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    const count = Math.min(3, bytes.length - from) + 1
    for (let index = 0; index < count; index += 1) encoded[to + index] = digits[(group >> (18 - 6 * index)) & 63] ?? 0
  }
  return encoded
}

/** The bytes of padded digits, in a new array, or `null` if that is not how {@link encodeBase64} writes them. */
export function decodeBase64(encoded: Uint8Array): Uint8Array | null {
  const padded = encoded.at(-1) !== padding ? 0 : encoded.at(-2) !== padding ? 1 : 2
  const length = encoded.length - padded
  if (encoded.length % 4 !== 0) return null
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  let pending = 0
  let pendingBits = 0
  let at = 0
  for (let index = 0; index < length; index += 1) {
    const value = values.get(encoded[index] ?? 0)
    if (value === undefined) return null
    pending = (pending << 6) | value
    pendingBits += 6
    if (pendingBits < 8) continue
    pendingBits -= 8
    bytes[at] = pending >> pendingBits
    at += 1
    pending &= (1 << pendingBits) - 1
  }
  // the unused bits of the last digit are zero
  return pending === 0 ? bytes : null
}
