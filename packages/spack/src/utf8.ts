const encoder = new TextEncoder()
// a byte order mark is content here, not a signature to be dropped
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Up to these lengths a loop is quicker than a call into the platform.
const shortDecode = 64
const shortEncode = 40

const fromCodes = String.fromCharCode as (...codes: readonly (number | undefined)[]) => string

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
  if (writeAscii(bytes, start, text)) return start + text.length
  return start + encoder.encodeInto(text, bytes.subarray(start)).written
}

/** Writes a string, if it is well-formed and sure to have room in so many bytes; gives how many it took, else -1. */
export function writeText(bytes: Uint8Array, start: number, text: string, room: number): number {
  const { length } = text
  if (length <= room && writeAscii(bytes, start, text)) return length
  if (3 * length > room || !(text as string & { isWellFormed(): boolean }).isWellFormed()) return -1
  return encoder.encodeInto(text, bytes.subarray(start)).written
}

/** Writes a short string of ASCII; of any other nothing, and says so. */
export function writeAscii(bytes: Uint8Array, start: number, text: string): boolean {
  if (text.length > shortEncode) return false
  let all = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    all |= unit
    bytes[start + index] = unit
  }
  return all < 0x80
}

/** The string of some bytes, or null if they are not valid UTF-8: no overlong forms, no surrogates, nothing cut. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start <= shortDecode && isAscii(bytes, start, end)) return decodeAscii(bytes, start, end)
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    return null
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0
  for (let offset = start; offset < end; offset += 1) all |= bytes[offset] ?? 0
  return all < 0x80
}

function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  const short = shortStrings[length]
  if (short !== undefined) return short(bytes, start)
  // beyond what has a function of its own a list of arguments is next best
  const codes = new Array<number | undefined>(length)
  for (let index = 0; index < length; index += 1) codes[index] = bytes[start + index]
  return fromCodes(...codes)
}

// One call with so many arguments makes a string at once, in half the time of any loop.
// prettier-ignore
const shortStrings: readonly ((b: Uint8Array, i: number) => string)[] = [
  () => '',
  (b, i) => fromCodes(b[i]),
  (b, i) => fromCodes(b[i], b[i + 1]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8], b[i + 9]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8], b[i + 9], b[i + 10]),
  (b, i) => fromCodes(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8], b[i + 9], b[i + 10], b[i + 11]),
]
