import { SpackError } from './errors.js'
import { decodeUnsignedLength, isMinimalUnsigned, leb128End, maxLengthBytes } from './leb128.js'

/** Where the types of a compact packet start (SPEC, spack §compact). */
export function typesStartOf(bytes: Uint8Array): number {
  if (bytes.length > 0 && (bytes[0] ?? 0) < 0x80) return 1
  const typesStart = leb128End(bytes, 0, Math.min(bytes.length, maxLengthBytes))
  if (typesStart === -1) {
    if (bytes.length < maxLengthBytes) {
      throw new SpackError(
        'SPACK_TRUNCATED',
        `a packet of ${bytes.length} bytes ends before the size of its types does`,
      )
    }
    throw new SpackError(
      'SPACK_PACKET_TOO_LARGE',
      `the types size at packet byte 0 goes on after ${maxLengthBytes} bytes`,
    )
  }
  if (!isMinimalUnsigned(bytes, 0, typesStart)) {
    throw new SpackError(
      'SPACK_NONCANONICAL',
      `the types size at packet byte 0 takes ${typesStart} bytes, more than it needs`,
    )
  }
  return typesStart
}

/** Where its data start. */
export function dataStartOf(bytes: Uint8Array, typesStart: number): number {
  const typesBytes = typesStart === 1 ? (bytes[0] ?? 0) : decodeUnsignedLength(bytes, 0, typesStart)
  const dataStart = typesStart + typesBytes
  if (dataStart > bytes.length) {
    throw new SpackError(
      'SPACK_TRUNCATED',
      `the types ask for ${typesBytes} bytes, ${bytes.length - typesStart} are left`,
    )
  }
  return dataStart
}
