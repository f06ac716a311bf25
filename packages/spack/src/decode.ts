import { checkPacketBytes, decodeClassicPacket, readClassicLayout } from './classic.js'
import { dataStartOf, typesStartOf } from './compact.js'
import { decodeElements } from './decode-elements.js'
import { describe, isTypedArray } from './element.js'
import { SpackError } from './errors.js'
import { isCompact, type SpackForm } from './form.js'
import { resolveLimits, type SpackLimits } from './limits.js'
import { resolveSha256, type Sha256 } from './sha256.js'
import type { Spack } from './spack.js'

/** Options of {@link decode}. */
export interface DecodeOptions {
  /** Default `classic`. */
  readonly form?: SpackForm
  /** Over the defaults: see {@link SpackLimits}. */
  readonly limits?: Partial<SpackLimits>
  /** For the classic form on platforms without a synchronous SHA-256 of their own (browsers). */
  readonly sha256?: Sha256
}

/**
 * The packet that `bytes` are: exactly one, with nothing after it. Only what {@link encode} emits is accepted, so encoding
 * the result gives the same bytes (but for NaN, of which all are read and one is written). The input is borrowed for the call; the packet shares no memory with it.
 *
 * @throws SpackError for anything that is no valid packet within the limits: any of its codes, with offset and expectation.
 * @throws TypeError, RangeError for misuse: no Uint8Array, an unknown form or limit, the classic form without a SHA-256.
 * @see SPEC, spack §classic and §compact
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Spack {
  const input = plainBytes(bytes)
  const limits = resolveLimits(options.limits)
  const compact = isCompact(options.form)
  if (compact) return decodeCompact(input, 0, input.length, limits, true)
  return decodeClassic(input, limits, resolveSha256(options.sha256))
}

/** Options of {@link decodeFrom}. */
export interface DecodeFromOptions {
  /** Over the defaults: see {@link SpackLimits}. */
  readonly limits?: Partial<SpackLimits>
  /** False: byte arrays of the packet are views of `bytes`, which then must not change. True unless told otherwise. */
  readonly copy?: boolean
}

/**
 * The packet of the compact form that `bytes` are from `start` to `end`, whatever is around it.
 *
 * @throws RangeError for a part that there is not; what {@link decode} throws
 */
export function decodeFrom(bytes: Uint8Array, start: number, end: number, options: DecodeFromOptions = {}): Spack {
  const { copy = true } = options
  const input = copy ? plainBytes(bytes) : anyBytes(bytes)
  checkRange(input, start, end)
  return decodeCompact(input, start, end, resolveLimits(options.limits), copy)
}

/** A Uint8Array proper over the same memory: `slice` of node's Buffer does not copy. */
export function plainBytes(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array && bytes.constructor === Uint8Array) return bytes
  if (!isTypedArray(bytes, 'Uint8Array')) throw new TypeError(`expected a Uint8Array, got ${describe(bytes)}`)
  const input = bytes as Uint8Array
  return input.constructor === Uint8Array ? input : new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
}

function decodeClassic(bytes: Uint8Array, limits: SpackLimits, sha256: Sha256): Spack {
  checkPacketBytes(bytes.length, limits)
  const layout = readClassicLayout(bytes, 0, bytes.length, limits)
  if (layout === null)
    throw new SpackError('SPACK_TRUNCATED', `a packet of ${bytes.length} bytes ends before its sizes do`)
  if (layout.packetBytes > bytes.length) {
    throw new SpackError('SPACK_TRUNCATED', `the sizes ask for ${layout.packetBytes} bytes, there are ${bytes.length}`)
  }
  if (layout.packetBytes < bytes.length) {
    throw new SpackError('SPACK_TRAILING_BYTES', `the packet ends at byte ${layout.packetBytes} of ${bytes.length}`)
  }
  return decodeClassicPacket(bytes, 0, layout, limits, sha256)
}

function decodeCompact(bytes: Uint8Array, start: number, end: number, limits: SpackLimits, copies: boolean): Spack {
  checkPacketBytes(end - start, limits)
  const typesStart = typesStartOf(bytes, start, end)
  const dataStart = dataStartOf(bytes, start, typesStart, end)
  return decodeElements(bytes, typesStart, dataStart, end, { limits, compact: true, copies })
}

/** A Uint8Array of whichever class, for who makes views of it and no slices. */
export function anyBytes(bytes: unknown): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : plainBytes(bytes)
}

/** A range of an array. @throws RangeError for one that there is not */
export function checkRange(bytes: Uint8Array, start: number, end: number): void {
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= bytes.length) return
  throw new RangeError(`there is no part from ${start} to ${end} in ${bytes.length} bytes`)
}
