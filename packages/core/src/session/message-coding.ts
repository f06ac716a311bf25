import { decode, encode, SpackError, type PacketPool, type Spack, type SpackErrorCode } from '@stalk/spack'
import { StalkError } from '../errors.js'
import { messageLimits } from '../limits.js'

/** How large a message may be for each side, in bytes, and where small ones are put. */
interface CompactOptions {
  readonly ownLimit: number
  readonly peerLimit: number
  readonly pool: PacketPool
}

/** A message as it goes into frames (SPEC, stalk/2 §9). Throws MESSAGE_TOO_LARGE, MESSAGE_INVALID. */
export function encodeCompact(message: Spack, { ownLimit, peerLimit, pool }: CompactOptions): Uint8Array {
  const maxMessageBytes = Math.min(ownLimit, peerLimit)
  try {
    return encode(message, { form: 'compact', limits: messageLimits(maxMessageBytes), pool })
  } catch (error) {
    const whose =
      peerLimit < ownLimit ? `the peer takes ${peerLimit} bytes` : `limits.maxMessageBytes is ${ownLimit} here`
    throw sendError(error, 'stalk/2', whose)
  }
}

/** A message that came in frames. Throws PEER_MESSAGE_INVALID. */
export function decodeCompact(bytes: Uint8Array, maxMessageBytes: number): Spack {
  try {
    return decode(bytes, { form: 'compact', limits: messageLimits(maxMessageBytes) })
  } catch (error) {
    if (!(error instanceof SpackError)) throw error
    throw new StalkError('PEER_MESSAGE_INVALID', `the peer sent what is no message: ${error.message}`, error)
  }
}

/** What is thrown for a message that cannot be encoded: MESSAGE_TOO_LARGE, MESSAGE_INVALID; what is no fault of it passes through. */
export function sendError(error: unknown, protocol: string, limit: string): unknown {
  if (!(error instanceof SpackError)) return error
  if (tooLarge.has(error.code)) {
    const remedy = 'send it in pieces, or raise limits.maxMessageBytes on both sides'
    return new StalkError('MESSAGE_TOO_LARGE', `the message is too large: ${error.message}; ${limit}; ${remedy}`, error)
  }
  return new StalkError('MESSAGE_INVALID', `the message cannot be sent over ${protocol}: ${error.message}`, error)
}

const tooLarge: ReadonlySet<SpackErrorCode> = new Set([
  'SPACK_PACKET_TOO_LARGE',
  'SPACK_TOO_MANY_ELEMENTS',
  'SPACK_STRING_TOO_LONG',
  'SPACK_ARRAY_TOO_LONG',
  'SPACK_INTEGER_TOO_LONG',
])
