import { SpackError } from './errors.js'
import { decodeUnsignedLength, isMinimalUnsigned, leb128End, maxLengthBytes } from './leb128.js'

/** Where the types of the compact packet from `start` to `end` start (SPEC, spack §compact). */
export function typesStartOf(bytes: Uint8Array, start: number, end: number): number {
  if (end > start && (bytes[start] ?? 0) < 0x80) return start + 1
  const typesStart = leb128End(bytes, start, Math.min(end, start + maxLengthBytes))
  if (typesStart === -1) {
    if (end - start < maxLengthBytes) {
      throw new SpackError('SPACK_TRUNCATED', `a packet of ${end - start} bytes ends before the size of its types does`)
    }
    throw new SpackError(
      'SPACK_PACKET_TOO_LARGE',
      `the types size at packet byte 0 goes on after ${maxLengthBytes} bytes`,
    )
  }
  if (!isMinimalUnsigned(bytes, start, typesStart)) {
    throw new SpackError(
      'SPACK_NONCANONICAL',
      `the types size at packet byte 0 takes ${typesStart - start} bytes, more than it needs`,
    )
  }
  return typesStart
}

/** Where its data start. */
export function dataStartOf(bytes: Uint8Array, start: number, typesStart: number, end: number): number {
  const typesBytes = typesStart === start + 1 ? (bytes[start] ?? 0) : decodeUnsignedLength(bytes, start, typesStart)
  const dataStart = typesStart + typesBytes
  if (dataStart > end) {
    throw new SpackError('SPACK_TRUNCATED', `the types ask for ${typesBytes} bytes, ${end - typesStart} are left`)
  }
  return dataStart
}
