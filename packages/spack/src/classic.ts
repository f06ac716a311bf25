import { decodeElements } from './decode-elements.js'
import { SpackError } from './errors.js'
import { decodeSignedLength, isMinimalSigned, leb128End, maxLengthBytes, signedBytes } from './leb128.js'
import type { SpackLimits } from './limits.js'
import { hashBytes, hashRange, type Sha256 } from './sha256.js'
import type { Spack } from './spack.js'

/** The parts of a classic packet, as offsets from its first byte (SPEC, spack §classic). */
export interface ClassicLayout {
  readonly typesStart: number
  readonly dataStart: number
  readonly packetBytes: number
}

/** The layout of a packet from the sizes of its parts. */
export function classicLayout(typesBytes: number, dataBytes: number): ClassicLayout {
  const typesStart = hashBytes + signedBytes(typesBytes) + signedBytes(dataBytes)
  const dataStart = typesStart + typesBytes
  return { typesStart, dataStart, packetBytes: dataStart + dataBytes }
}

/**
 * The layout of the packet that starts at `start`, or null if its sizes are not all there yet. A size over the limit is
 * refused as soon as it can be read.
 */
export function readClassicLayout(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: SpackLimits,
): ClassicLayout | null {
  const typesBytes = readSize(bytes, start, start + hashBytes, end, 'types', limits)
  if (typesBytes === null) return null
  // a size that was read is minimal, so its value says how long it is
  const dataSizeStart = start + hashBytes + signedBytes(typesBytes)
  const dataBytes = readSize(bytes, start, dataSizeStart, end, 'data', limits)
  if (dataBytes === null) return null
  const layout = classicLayout(typesBytes, dataBytes)
  checkPacketBytes(layout.packetBytes, limits)
  return layout
}

/** The packet at `start`, all of whose bytes are there. */
export function decodeClassicPacket(
  bytes: Uint8Array,
  start: number,
  { typesStart, dataStart, packetBytes }: ClassicLayout,
  limits: SpackLimits,
  sha256: Sha256,
): Spack {
  const end = start + packetBytes
  const hash = hashRange(sha256, bytes, start + hashBytes, end)
  for (let index = 0; index < hashBytes; index += 1) {
    if (hash[index] !== bytes[start + index]) {
      throw new SpackError(
        'SPACK_HASH_MISMATCH',
        `the hash of a packet of ${packetBytes} bytes is not that of its content`,
      )
    }
  }
  return decodeElements(bytes, start + typesStart, start + dataStart, end, { limits, compact: false })
}

/** Refuses a packet over the limit. */
export function checkPacketBytes(packetBytes: number, { maxPacketBytes }: SpackLimits): void {
  if (packetBytes <= maxPacketBytes) return
  throw new SpackError(
    'SPACK_PACKET_TOO_LARGE',
    `a packet of ${packetBytes} bytes exceeds the limit of ${maxPacketBytes}`,
  )
}

function readSize(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  part: string,
  { maxPacketBytes }: SpackLimits,
): number | null {
  const stop = leb128End(bytes, from, Math.min(end, from + maxLengthBytes))
  const place = `the ${part} size at packet byte ${from - start}`
  if (stop === -1) {
    if (end - from < maxLengthBytes) return null
    throw new SpackError('SPACK_PACKET_TOO_LARGE', `${place} goes on after ${maxLengthBytes} bytes`)
  }
  if (!isMinimalSigned(bytes, from, stop)) {
    throw new SpackError('SPACK_NONCANONICAL', `${place} takes ${stop - from} bytes, more than it needs`)
  }
  const size = decodeSignedLength(bytes, from, stop)
  if (size < 0) throw new SpackError('SPACK_NEGATIVE_SIZE', `${place} is negative: ${size}`)
  if (size > maxPacketBytes) {
    throw new SpackError('SPACK_PACKET_TOO_LARGE', `${place}, ${size}, exceeds the limit of ${maxPacketBytes} bytes`)
  }
  return size
}
