import { decodeSigned, isMinimalSigned, leb128End, signedBytes, writeSigned } from './leb128.js'

// Arrays of integers that are numbers, in one go: most have up to 32 bits, which are written and read where they stand.

/** How many bytes they take as signed LEB128; -1: there is a bigint among them. */
export function integersBytes(values: readonly (number | bigint)[]): number {
  let bytes = 0
  const { length } = values
  for (let index = 0; index < length; index += 1) {
    const value = values[index]
    if (typeof value !== 'number') return -1
    if ((value | 0) === value) {
      const magnitude = value ^ (value >> 31)
      bytes +=
        magnitude < 0x40 ? 1 : magnitude < 0x2000 ? 2 : magnitude < 0x10_0000 ? 3 : magnitude < 0x800_0000 ? 4 : 5
    } else {
      bytes += signedBytes(value)
    }
  }
  return bytes
}

/** Writes the first `count` of them and gives the offset after the last; -1: one is not a safe integer. There has to be room for 8 bytes each, or as many as they take. */
export function writeIntegers(bytes: Uint8Array, start: number, values: readonly unknown[], count: number): number {
  let offset = start
  for (let index = 0; index < count; index += 1) {
    const value = values[index]
    if (typeof value !== 'number') return -1
    if ((value | 0) === value) {
      let rest = value
      for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes[offset++] = (rest & 0x7f) | 0x80
      bytes[offset++] = rest & 0x7f
    } else {
      if (!Number.isSafeInteger(value)) return -1
      offset = writeSigned(bytes, offset, value)
    }
  }
  return offset
}

/** Reads as many as `values` has room for, and gives the offset after the last; -1: one is not a safe integer, or not as it is written, or `end` comes before. */
export function readIntegers(bytes: Uint8Array, start: number, end: number, values: (number | bigint)[]): number {
  let offset = start
  for (let index = 0; index < values.length; index += 1) {
    const first = offset
    const stop = Math.min(end, first + 4)
    let bits = 0
    let value = 0
    let byte = 0x80
    while (byte >= 0x80 && offset < stop) {
      byte = bytes[offset++] ?? 0
      value |= (byte & 0x7f) << bits
      bits += 7
    }
    if (byte < 0x80) {
      // a last byte that only repeats the sign before it is one too many
      if (bits > 7 && byte === ((value >> (bits - 8)) & 1) * 0x7f) return -1
      values[index] = (value << (32 - bits)) >> (32 - bits)
      continue
    }
    const long = longInteger(bytes, first, end)
    if (long === null) return -1
    values[index] = long
    offset = leb128End(bytes, first, end)
  }
  return offset
}

/** The safe integer of up to 8 bytes at `start`; null: it is none, or not as it is written, or `end` comes before. */
export function longInteger(bytes: Uint8Array, start: number, end: number): number | null {
  const stop = leb128End(bytes, start, Math.min(end, start + 8))
  if (stop < 0 || !isMinimalSigned(bytes, start, stop)) return null
  const value = decodeSigned(bytes, start, stop)
  return typeof value === 'number' ? value : null
}
