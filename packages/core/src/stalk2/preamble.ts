import { concatBytes } from '../crypto/bytes.js'
import { StalkError } from '../errors.js'
import type { ByteQueue } from './byte-queue.js'
import { describeForeignBytes } from './foreign-protocol.js'

/** What the initiator sends first, in clear (SPEC, stalk/2 §3). */
export interface Preamble {
  /** From the magic to the last suite, a copy: it goes into the prologue. */
  readonly bytes: Uint8Array
  /** By preference, unknown ones included. */
  readonly suiteIds: readonly number[]
}

const magic = new TextEncoder().encode('stalk/2\n')
const maxSuites = 16

/** The bytes of a preamble. `RangeError` for no suite, more than 16, one twice, or a number that is none. */
export function encodePreamble(suiteIds: readonly number[], flags = 0): Uint8Array {
  if (suiteIds.length === 0 || suiteIds.length > maxSuites) throw new RangeError(`1 to ${maxSuites} suites are needed`)
  if (new Set(suiteIds).size !== suiteIds.length) throw new RangeError('a suite is there twice')
  return concatBytes(magic, Uint8Array.of(flags, suiteIds.length), ...suiteIds.map(uint16))
}

/**
 * Takes a preamble; null: it is not whole yet.
 *
 * Throws FOREIGN_PROTOCOL at the first byte that is not of the magic, STALK2_PREAMBLE_INVALID.
 */
export function readPreamble(queue: ByteQueue): Preamble | null {
  const start = queue.peek()
  for (let index = 0; index < Math.min(magic.length, start.length); index += 1) {
    if (start[index] !== magic[index]) throw foreignProtocol(start)
  }
  // the flags mean nothing yet; they are authenticated as they came
  const countOffset = magic.length + 1
  if (queue.length <= countOffset) return null
  const count = queue.byteAt(countOffset)
  if (count === 0 || count > maxSuites) {
    throw new StalkError('STALK2_PREAMBLE_INVALID', `a preamble offers 1 to ${maxSuites} suites, the peer’s ${count}`)
  }
  const length = countOffset + 1 + 2 * count
  if (queue.length < length) return null
  const suiteIds = Array.from({ length: count }, (_, index) => queue.uint16At(countOffset + 1 + 2 * index))
  if (new Set(suiteIds).size !== count) {
    throw new StalkError('STALK2_PREAMBLE_INVALID', `the peer offers a suite twice: ${suiteIds.join(', ')}`)
  }
  return { bytes: new Uint8Array(queue.take(length)), suiteIds }
}

/** What the responder says to a preamble. */
export type Reply =
  | { readonly type: 'accepted' }
  | { readonly type: 'retry'; readonly suiteId: number }
  | { readonly type: 'refused'; readonly code: number }

/** Why a responder refuses in clear. */
export const refusalCodes = { noSuite: 1, busy: 2, malformed: 3 } as const

/** The first suite is taken, B follows. */
export const acceptedReply: Uint8Array = Uint8Array.of(1)

/** Another suite is wanted. */
export function encodeRetry(suiteId: number): Uint8Array {
  return concatBytes(Uint8Array.of(2), uint16(suiteId))
}

/** Nothing comes of it: one of {@link refusalCodes}. */
export function encodeRefusal(code: number): Uint8Array {
  return concatBytes(Uint8Array.of(0), uint16(code))
}

/** Takes a reply; null: it is not whole yet. Throws FOREIGN_PROTOCOL. */
export function readReply(queue: ByteQueue): Reply | null {
  if (queue.length === 0) return null
  const kind = queue.byteAt(0)
  if (kind > 2) throw foreignProtocol(queue.peek())
  if (kind === 1) {
    queue.take(1)
    return { type: 'accepted' }
  }
  if (queue.length < 3) return null
  const value = queue.uint16At(1)
  queue.take(3)
  return kind === 0 ? { type: 'refused', code: value } : { type: 'retry', suiteId: value }
}

/** A request for another suite, and what it answers. */
export interface Retry {
  /** The first A, with its length prefix. */
  readonly firstMessage: Uint8Array
  readonly suiteId: number
}

/** What both sides must have seen alike before the handshake (SPEC, stalk/2 §3). */
export function encodePrologue(preamble: Uint8Array, retry: Retry | null): Uint8Array {
  const parts = retry === null ? [preamble] : [preamble, retry.firstMessage, encodeRetry(retry.suiteId)]
  return concatBytes(prologueLabel, ...parts.flatMap((part) => [uint32(part.length), part]))
}

const prologueLabel = new TextEncoder().encode('stalk/2\0')

function foreignProtocol(bytes: Uint8Array): StalkError {
  const looksLike = describeForeignBytes(bytes)
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const what = looksLike === null ? `it begins with ${shown}` : `this looks like ${looksLike}`
  return new StalkError('FOREIGN_PROTOCOL', `the peer does not speak stalk/2: ${what}`)
}

function uint16(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`${value} does not fit two bytes`)
  return Uint8Array.of(value >> 8, value & 0xff)
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
