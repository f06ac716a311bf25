const encoder = new TextEncoder()
// a byte order mark is content here, not a signature to be dropped
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Up to these lengths a loop is quicker than a call into the platform. Concatenation makes flat strings up to 12 only.
const shortDecode = 12
const shortEncode = 40

/** The bytes of a well-formed string as UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    // each half of a surrogate pair counts for two of its four bytes
    bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2
  }
  return bytes
}

/** Writes a well-formed string as UTF-8 and returns the offset after it. The room is the caller's part. */
export function writeUtf8(bytes: Uint8Array, start: number, text: string): number {
  if (text.length <= shortEncode && writeAscii(bytes, start, text)) return start + text.length
  return start + encoder.encodeInto(text, bytes.subarray(start)).written
}

/** The string of some bytes, or null if they are not valid UTF-8: no overlong forms, no surrogates, nothing cut. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start <= shortDecode) {
    const text = decodeAscii(bytes, start, end)
    if (text !== null) return text
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    return null
  }
}

function writeAscii(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x80) return false
    bytes[start + index] = unit
  }
  return true
}

function decodeAscii(bytes: Uint8Array, start: number, end: number): string | null {
  let text = ''
  for (let offset = start; offset < end; offset += 1) {
    const byte = bytes[offset] ?? 0
    if (byte >= 0x80) return null
    text += String.fromCharCode(byte)
  }
  return text
}
