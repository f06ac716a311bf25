import {
  decode,
  decodeFrom,
  encode,
  encodeInto,
  SpackError,
  type PacketPool,
  type Spack,
  type SpackErrorCode,
} from '@stalk/spack'
import { StalkError } from '../errors.js'
import { messageLimits } from '../limits.js'
import type { MessageRun } from '../message-run.js'

/** How values of some type become messages: a `Schema` of `@stalk/spack/schema` does. The bytes are the connection’s from then on. */
export interface MessageEncoder<T> {
  /** A packet in the compact form. */
  encode(value: T): Uint8Array
  /**
   * The same into `target` from `offset` on, where it spares a copy: gives where the packet ends, or the packet, if there is no room for it.
   * Nothing of `target` may be kept.
   */
  encodeInto?(value: T, target: Uint8Array, offset: number): number | Uint8Array
}

/** How messages become values of some type: a `Schema` of `@stalk/spack/schema` does. */
export interface MessageDecoder<T> {
  /** @param bytes a peer’s: what is to be a packet in the compact form. Throws SpackError */
  decode(bytes: Uint8Array): T
  /**
   * The same of the packet from `start` to `end`. Others are beside it.
   *
   * @param copy true: nothing of `bytes` may be kept; false: byte arrays may be views, nobody writes to `bytes` any more
   */
  decodeFrom?(bytes: Uint8Array, start: number, end: number, copy: boolean): T
}

/** How the messages of one session are encoded. */
export interface MessageCoding {
  /** A message that came. Throws PEER_MESSAGE_INVALID, which poisons. */
  decode(message: Uint8Array): Spack
  /** The same by a schema. Throws what that says of it, and PEER_MESSAGE_INVALID, which poisons. */
  decodeTyped<T>(decoder: MessageDecoder<T>, message: Uint8Array): T
  /** The same of up to `most` messages of a run. What is thrown is of the one that it has moved to. */
  decodeRun<T>(decoder: MessageDecoder<T>, run: MessageRun, reading: RunReading, take: (value: T) => void): void
  /** Reads messages as packets. Throws PEER_MESSAGE_INVALID. */
  readonly packets: MessageDecoder<Spack>
}

/** How much of a run is read, and whether byte arrays are copied out of it. */
export interface RunReading {
  readonly most: number
  readonly copy: boolean
}

/** How large a message may be for each side, in bytes. */
export interface MessageSizes {
  readonly ownLimit: number
  readonly peerLimit: number
}

/** A message as it goes into frames (SPEC, stalk/2 §9). Throws MESSAGE_TOO_LARGE, MESSAGE_INVALID. */
export function encodeCompact(message: Spack, sizes: MessageSizes, pool?: PacketPool): Uint8Array {
  const limits = messageLimits(Math.min(sizes.ownLimit, sizes.peerLimit))
  try {
    return encode(message, { form: 'compact', limits, ...(pool !== undefined && { pool }) })
  } catch (error) {
    throw compactError(error, sizes)
  }
}

/** The same into `target` from `offset` on: gives where the message ends, or the message, if there is no room for it. */
export function encodeCompactInto(
  message: Spack,
  target: Uint8Array,
  offset: number,
  sizes: MessageSizes,
): number | Uint8Array {
  const limits = messageLimits(Math.min(sizes.ownLimit, sizes.peerLimit))
  try {
    return encodeInto(message, target, offset, { limits })
  } catch (error) {
    throw compactError(error, sizes)
  }
}

function compactError(error: unknown, { ownLimit, peerLimit }: MessageSizes): unknown {
  const whose =
    peerLimit < ownLimit ? `the peer takes ${peerLimit} bytes` : `limits.maxMessageBytes is ${ownLimit} here`
  return sendError(error, 'stalk/2', whose)
}

/** A message that came in frames. Throws PEER_MESSAGE_INVALID. */
export function decodeCompact(bytes: Uint8Array, maxMessageBytes: number): Spack {
  try {
    return decode(bytes, { form: 'compact', limits: messageLimits(maxMessageBytes) })
  } catch (error) {
    throw peerMessageError(error)
  }
}

/** Reads messages of at most so many bytes as packets. Throws PEER_MESSAGE_INVALID. */
export function packetDecoder(maxMessageBytes: number): MessageDecoder<Spack> {
  const limits = messageLimits(maxMessageBytes)
  return {
    decode: (bytes) => decodeCompact(bytes, maxMessageBytes),
    decodeFrom(bytes, start, end, copy) {
      try {
        return decodeFrom(bytes, start, end, { limits, copy })
      } catch (error) {
        throw peerMessageError(error)
      }
    },
  }
}

/** The same by a schema. Throws PEER_MESSAGE_INVALID for what is no message whatever the schema, and what the schema says of others. */
export function decodeTyped<T>(decoder: MessageDecoder<T>, bytes: Uint8Array): T {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw typedError(error)
  }
}

/** The same of several. */
export function decodeRun<T>(
  decoder: MessageDecoder<T>,
  run: MessageRun,
  { most, copy }: RunReading,
  take: (value: T) => void,
): void {
  try {
    for (let left = most; left > 0 && run.next(); left -= 1) {
      if (decoder.decodeFrom === undefined) take(decoder.decode(run.view()))
      else take(decoder.decodeFrom(run.bytes, run.start, run.end, copy))
    }
  } catch (error) {
    throw typedError(error)
  }
}

function typedError(error: unknown): unknown {
  return error instanceof SpackError && ofSchema.has(error.code) ? error : peerMessageError(error)
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
