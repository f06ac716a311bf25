// LEB128: 7 bits a byte, lowest first, the top bit set on all bytes but the last; signed numbers in two's complement.
// Every function takes a range of bytes; none checks it, that is the reader's and the writer's part.

/** A length or a size takes at most so many bytes: below 2^48, so a number holds it exactly. */
export const maxLengthBytes = 7

// four groups of 7 bits are seven hex digits: the unit of all conversions of bigints, which makes them linear
const unitBytes = 4
const unitBits = 28
const unitDigits = 7
const unitRange = 2 ** unitBits

/** The offset after a number's last byte, or -1 if it does not end in `start..end`. */
export function leb128End(bytes: Uint8Array, start: number, end: number): number {
  for (let offset = start; offset < end; offset += 1) {
    if (byteAt(bytes, offset) < 0x80) return offset + 1
  }
  return -1
}

/** Whether a signed number takes no byte more than it needs: its last byte says more than the sign bit before it. */
export function isMinimalSigned(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start === 1) return true
  const last = byteAt(bytes, end - 1)
  const signBefore = byteAt(bytes, end - 2) & 0x40
  return last !== (signBefore === 0 ? 0x00 : 0x7f)
}

/** Whether an unsigned number takes no byte more than it needs. */
export function isMinimalUnsigned(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 1 || byteAt(bytes, end - 1) !== 0
}

/** A signed number: a number where that is safe, else a bigint. Linear in its length. */
export function decodeSigned(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= 2 * unitBytes) {
    const value = decodeSignedLength(bytes, start, end)
    if (Number.isSafeInteger(value)) return value
  }
  return decodeBigint(bytes, start, end)
}

/** A signed number of at most {@link maxLengthBytes} bytes; of 8 bytes it may come out as an unsafe number. */
export function decodeSignedLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > unitBytes) {
    const high = signExtend(unitAt(bytes, start + unitBytes, end), end - start - unitBytes)
    return high * unitRange + unitAt(bytes, start, start + unitBytes)
  }
  return signExtend(unitAt(bytes, start, end), end - start)
}

/** An unsigned number of at most {@link maxLengthBytes} bytes. */
export function decodeUnsignedLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= unitBytes) return unitAt(bytes, start, end)
  return unitAt(bytes, start + unitBytes, end) * unitRange + unitAt(bytes, start, start + unitBytes)
}

/** The bytes that a signed number takes: a safe integer or a bigint. */
export function signedBytes(value: number | bigint): number {
  // with the sign bit, so one bit more than the magnitude has
  if (typeof value === 'bigint') return Math.floor(bitLength(magnitudeHex(value)) / 7) + 1
  const magnitude = value < 0 ? -1 - value : value
  let bytes = 1
  for (let range = 0x40; magnitude >= range; range *= 0x80) bytes += 1
  return bytes
}

/** The bytes that an unsigned number takes: a safe integer. */
export function unsignedBytes(value: number): number {
  let bytes = 1
  for (let range = 0x80; value >= range; range *= 0x80) bytes += 1
  return bytes
}

/** Writes a signed number and returns the offset after it. The room is the caller's part. */
export function writeSigned(bytes: Uint8Array, start: number, value: number | bigint): number {
  if (typeof value === 'bigint') return writeBigint(bytes, start, value)
  if (value === (value | 0)) return writeInt32(bytes, start, value)
  const high = Math.floor(value / unitRange)
  const offset = writeUnit(bytes, start, value - high * unitRange)
  return writeInt32(bytes, offset, high)
}

/** Writes an unsigned safe integer and returns the offset after it. */
export function writeUnsigned(bytes: Uint8Array, start: number, value: number): number {
  let offset = start
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[offset++] = (rest % 0x80) | 0x80
  bytes[offset++] = rest
  return offset
}

function writeInt32(bytes: Uint8Array, start: number, value: number): number {
  let offset = start
  let rest = value
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes[offset++] = (rest & 0x7f) | 0x80
  bytes[offset++] = rest & 0x7f
  return offset
}

function writeUnit(bytes: Uint8Array, start: number, unit: number): number {
  for (let index = 0; index < unitBytes; index += 1) bytes[start + index] = (unit >> (7 * index)) | 0x80
  return start + unitBytes
}

function writeBigint(bytes: Uint8Array, start: number, value: bigint): number {
  const hex = magnitudeHex(value)
  const end = start + Math.floor(bitLength(hex) / 7) + 1
  const invert = value < 0n ? unitRange - 1 : 0
  for (let offset = start, digits = hex.length; offset < end; offset += unitBytes, digits -= unitDigits) {
    const unit = digits > 0 ? parseInt(hex.slice(Math.max(0, digits - unitDigits), digits), 16) : 0
    const stop = Math.min(unitBytes, end - offset)
    for (let index = 0; index < stop; index += 1) {
      bytes[offset + index] = ((unit ^ invert) >> (7 * index)) | 0x80
    }
  }
  bytes[end - 1] = byteAt(bytes, end - 1) & 0x7f
  return end
}

function decodeBigint(bytes: Uint8Array, start: number, end: number): bigint {
  let hex = '0x'
  // the highest unit may be short, all below it are whole
  for (let stop = end, from = end - ((end - start) % unitBytes || unitBytes); from >= start; from -= unitBytes) {
    hex += unitAt(bytes, from, stop).toString(16).padStart(unitDigits, '0')
    stop = from
  }
  return BigInt.asIntN(7 * (end - start), BigInt(hex))
}

/** What two's complement stores: the value itself, or its complement when it is negative. */
function magnitudeHex(value: bigint): string {
  return (value < 0n ? ~value : value).toString(16)
}

function bitLength(hex: string): number {
  return 4 * (hex.length - 1) + (32 - Math.clz32(parseInt(hex.slice(0, 1), 16)))
}

/** Up to four groups of 7 bits as an unsigned number. */
function unitAt(bytes: Uint8Array, start: number, end: number): number {
  let unit = 0
  for (let offset = end - 1; offset >= start; offset -= 1) unit = (unit << 7) | (byteAt(bytes, offset) & 0x7f)
  return unit
}

function signExtend(unit: number, length: number): number {
  const unused = 32 - 7 * length
  return (unit << unused) >> unused
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0
}
