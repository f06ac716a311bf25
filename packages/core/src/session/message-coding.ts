import { decode, encode, SpackError, type PacketPool, type Spack, type SpackErrorCode } from '@stalk/spack'
import { StalkError } from '../errors.js'
import { messageLimits } from '../limits.js'

/** How values of some type become messages: a `Schema` of `@stalk/spack/schema` does. The bytes are the connection’s from then on. */
export interface MessageEncoder<T> {
  /** A packet in the compact form. */
  encode(value: T): Uint8Array
}

/** How messages become values of some type: a `Schema` of `@stalk/spack/schema` does. */
export interface MessageDecoder<T> {
  /** @param bytes a peer’s: what is to be a packet in the compact form. Throws SpackError */
  decode(bytes: Uint8Array): T
}

/** How the messages of one session are encoded. */
export interface MessageCoding {
  /** A value by a schema. Throws what that says of it, and MESSAGE_TOO_LARGE; that does not poison. */
  encodeTyped<T>(encoder: MessageEncoder<T>, value: T): Uint8Array
  /** A message that came. Throws PEER_MESSAGE_INVALID, which poisons. */
  decode(message: Uint8Array): Spack
  /** The same by a schema. Throws what that says of it, and PEER_MESSAGE_INVALID, which poisons. */
  decodeTyped<T>(decoder: MessageDecoder<T>, message: Uint8Array): T
}

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

/** The same by a schema, which says what is wrong with the value. Throws MESSAGE_TOO_LARGE. */
export function encodeTyped<T>(encoder: MessageEncoder<T>, value: T, limit: number): Uint8Array {
  const bytes = encoder.encode(value)
  if (bytes.length <= limit) return bytes
  throw new StalkError(
    'MESSAGE_TOO_LARGE',
    `the message is too large: it has ${bytes.length} bytes, and ${limit} at most may be sent`,
  )
}

/** A message that came in frames. Throws PEER_MESSAGE_INVALID. */
export function decodeCompact(bytes: Uint8Array, maxMessageBytes: number): Spack {
  try {
    return decode(bytes, { form: 'compact', limits: messageLimits(maxMessageBytes) })
  } catch (error) {
    throw peerMessageError(error)
  }
}

/** The same by a schema. Throws PEER_MESSAGE_INVALID for what is no message whatever the schema, and what the schema says of others. */
export function decodeTyped<T>(decoder: MessageDecoder<T>, bytes: Uint8Array): T {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    if (error instanceof SpackError && ofSchema.has(error.code)) throw error
    throw peerMessageError(error)
  }
}

function peerMessageError(error: unknown): unknown {
  if (!(error instanceof SpackError)) return error
  return new StalkError('PEER_MESSAGE_INVALID', `the peer sent what is no message: ${error.message}`, error)
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

/** A good packet that is none of a schema’s, or more than the schema takes. */
const ofSchema: ReadonlySet<SpackErrorCode> = new Set([
  ...tooLarge,
  'SPACK_TOO_DEEP',
  'SPACK_SCHEMA_MISMATCH',
  'SPACK_FIELD_MISSING',
  'SPACK_INTEGER_UNSAFE',
  'SPACK_VALUE_UNKNOWN',
])
