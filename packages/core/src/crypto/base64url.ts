const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map(Array.from(alphabet, (digit, value) => [digit, value]))

/** So many bytes become text at once: without the pieces that adding digits to a string leaves behind it. */
const stepBytes = 3 * 1024

/** Base64url without padding (RFC 4648 §5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += stepBytes) {
    text += String.fromCharCode(...digitsOf(bytes.subarray(start, start + stepBytes)))
  }
  return text
}

function digitsOf(bytes: Uint8Array): number[] {
  const digits: number[] = []
  let pending = 0
  let pendingBits = 0
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    pendingBits += 8
    while (pendingBits >= 6) {
      pendingBits -= 6
      digits.push(alphabet.charCodeAt((pending >> pendingBits) & 63))
    }
    pending &= (1 << pendingBits) - 1
  }
  if (pendingBits > 0) digits.push(alphabet.charCodeAt((pending << (6 - pendingBits)) & 63))
  return digits
}

/**
 * The bytes of a base64url text, or `null` if there is any other text that means the same bytes: no padding, no white
 * space, no foreign digit, and the unused bits of the last digit are zero.
 */
export function decodeBase64url(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let pending = 0
  let pendingBits = 0
  let length = 0
  for (const digit of text) {
    const value = values.get(digit)
    if (value === undefined) return null
    pending = (pending << 6) | value
    pendingBits += 6
    if (pendingBits >= 8) {
      pendingBits -= 8
      bytes[length++] = pending >> pendingBits
      pending &= (1 << pendingBits) - 1
    }
  }
  return pendingBits >= 6 || pending !== 0 ? null : bytes
}
