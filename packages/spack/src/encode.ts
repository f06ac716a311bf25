import { checkPacketBytes, classicLayout } from './classic.js'
import { typeCodes, type ExtendedElement, type SpackElement } from './element.js'
import { flatBytes, writeFlat, type FlatElement } from './encode-flat.js'
import { isCompact, type SpackForm } from './form.js'
import { unsignedBytes, writeSigned, writeUnsigned } from './leb128.js'
import { resolveLimits, type SpackLimits } from './limits.js'
import { measure } from './measure.js'
import type { PacketPool } from './packet-pool.js'
import { hashBytes, hashRange, resolveSha256, type Sha256 } from './sha256.js'
import type { Spack } from './spack.js'
import { utf8Bytes } from './utf8.js'
import { Writer } from './writer.js'

/** Options of {@link encode}. */
export interface EncodeOptions {
  /** Default `classic`. */
  readonly form?: SpackForm
  /** Over the defaults: see {@link SpackLimits}. */
  readonly limits?: Partial<SpackLimits>
  /** For the classic form on platforms without a synchronous SHA-256 of their own (browsers). */
  readonly sha256?: Sha256
  /** For the compact form: where small packets get their memory. Unless told otherwise each has its own. */
  readonly pool?: PacketPool
}

/**
 * A packet's bytes: a fresh array of exactly its size (but see `pool`), which shares no memory with the packet. A packet has one encoding
 * in each form. Lengths of strings count bytes of UTF-8.
 *
 * @throws SpackError with the code that `decode` would give: SPACK_PACKET_TOO_LARGE, SPACK_TOO_MANY_ELEMENTS,
 * SPACK_STRING_TOO_LONG, SPACK_ARRAY_TOO_LONG, SPACK_INTEGER_TOO_LONG, SPACK_TOO_DEEP, and in the classic form
 * SPACK_EMPTY_ARRAY and SPACK_EXTENDED_TYPE.
 * @throws TypeError, RangeError for misuse: an unknown form or limit, the classic form without a SHA-256.
 * @see SPEC, spack §classic and §compact
 */
export function encode(spack: Spack, options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const limits = resolveLimits(options.limits)
  const compact = isCompact(options.form)
  if (compact) return encodeCompact(spack.elements, limits, options.pool)
  return encodeClassic(spack.elements, limits, resolveSha256(options.sha256))
}

/**
 * The compact form into memory of the caller’s, from `offset` on: where the packet ends there; or the packet in an array of its own, if there
 * is no room for it, or it is no small one. Of what is after the end, and of all of it if this throws, nobody knows what it is.
 *
 * @throws RangeError for an offset that is none in `target`; what {@link encode} throws
 */
export function encodeInto(
  spack: Spack,
  target: Uint8Array,
  offset: number,
  options: Pick<EncodeOptions, 'limits'> = {},
): number | Uint8Array {
  if (!Number.isInteger(offset) || offset < 0 || offset > target.length) {
    throw new RangeError(`there is no offset ${offset} in ${target.length} bytes`)
  }
  const limits = resolveLimits(options.limits)
  const { elements } = spack
  const bytes = flatBytes(elements, limits)
  if (!(bytes >= 0)) return encodeThoroughly(elements, limits, undefined)
  const hasRoom = bytes <= target.length - offset
  const packet = hasRoom ? target : new Uint8Array(bytes)
  writeFlat(elements as readonly FlatElement[], packet, hasRoom ? offset : 0, bytes)
  return hasRoom ? offset + bytes : packet
}

function encodeClassic(
  elements: readonly SpackElement[],
  limits: SpackLimits,
  sha256: Sha256,
): Uint8Array<ArrayBuffer> {
  const { typesBytes, dataBytes } = measure(elements, { limits, compact: false })
  const { typesStart, dataStart, packetBytes } = classicLayout(typesBytes, dataBytes)
  checkPacketBytes(packetBytes, limits)
  const bytes = new Uint8Array(packetBytes)
  writeSigned(bytes, writeSigned(bytes, hashBytes, typesBytes), dataBytes)
  writeElements(bytes, typesStart, dataStart, elements)
  bytes.set(hashRange(sha256, bytes, hashBytes, packetBytes))
  return bytes
}

function encodeCompact(
  elements: readonly SpackElement[],
  limits: SpackLimits,
  pool: PacketPool | undefined,
): Uint8Array<ArrayBuffer> {
  const packetBytes = flatBytes(elements, limits)
  if (!(packetBytes >= 0)) return encodeThoroughly(elements, limits, pool)
  const bytes = pool === undefined ? new Uint8Array(packetBytes) : pool.take(packetBytes)
  writeFlat(elements as readonly FlatElement[], bytes, 0, packetBytes)
  return bytes
}

/** The compact form of whatever elements; also says what is wrong with them. */
function encodeThoroughly(
  elements: readonly SpackElement[],
  limits: SpackLimits,
  pool: PacketPool | undefined,
): Uint8Array<ArrayBuffer> {
  const { typesBytes, dataBytes } = measure(elements, { limits, compact: true })
  const typesStart = unsignedBytes(typesBytes)
  const dataStart = typesStart + typesBytes
  checkPacketBytes(dataStart + dataBytes, limits)
  const packetBytes = dataStart + dataBytes
  const bytes = pool === undefined ? new Uint8Array(packetBytes) : pool.take(packetBytes)
  writeUnsigned(bytes, 0, typesBytes)
  writeElements(bytes, typesStart, dataStart, elements)
  return bytes
}

function writeElements(
  bytes: Uint8Array,
  typesStart: number,
  dataStart: number,
  elements: readonly SpackElement[],
): void {
  const types = new Writer(bytes, typesStart)
  const data = new Writer(bytes, dataStart)
  for (const element of elements) writeElement(types, data, element)
}

/** Writes an element. Inside lists and maps both writers are the same. */
export function writeElement(types: Writer, data: Writer, element: SpackElement): void {
  switch (element.type) {
    case 'integer':
      types.byte(typeCodes.integer)
      data.integer(element.value)
      return
    case 'float32':
      types.byte(typeCodes.float32)
      data.float32(element.value)
      return
    case 'float64':
      types.byte(typeCodes.float64)
      data.float64(element.value)
      return
    case 'byte':
      types.byte(typeCodes.byte)
      data.byte(element.value)
      return
    case 'string':
      types.byte(typeCodes.string)
      writeString(types, data, element.value)
      return
    case 'integer[]':
      writeArrayType(types, typeCodes.integer, element.value)
      for (const value of element.value) data.integer(value)
      return
    case 'float32[]':
      writeArrayType(types, typeCodes.float32, element.value)
      data.float32s(element.value)
      return
    case 'float64[]':
      writeArrayType(types, typeCodes.float64, element.value)
      data.float64s(element.value)
      return
    case 'byte[]':
      writeArrayType(types, typeCodes.byte, element.value)
      data.bytes(element.value)
      return
    case 'null':
    case 'boolean':
    case 'bigint':
    case 'date':
    case 'list':
    case 'map':
      writeExtended(types, data, element)
  }
}

function writeExtended(types: Writer, data: Writer, element: ExtendedElement): void {
  types.byte(typeCodes[element.type])
  switch (element.type) {
    case 'null':
      return
    case 'boolean':
      data.byte(element.value ? 1 : 0)
      return
    case 'bigint':
    case 'date':
      data.integer(element.value)
      return
    // an entry is its type and its value, both in the data
    case 'list':
      data.enter(element.value.length)
      for (const entry of element.value) writeElement(data, data, entry)
      data.leave()
      return
    case 'map':
      data.enter(element.value.size)
      for (const [key, entry] of element.value) {
        writeString(data, data, key)
        writeElement(data, data, entry)
      }
      data.leave()
  }
}

/** Writes a string’s length and its bytes: where both go to the same place the length has to be known first. */
function writeString(lengths: Writer, data: Writer, text: string): void {
  if (lengths === data) {
    data.integer(utf8Bytes(text))
    data.string(text)
  } else {
    lengths.integer(data.string(text))
  }
}

function writeArrayType(types: Writer, code: number, { length }: { readonly length: number }): void {
  types.byte(typeCodes.array)
  types.byte(code)
  types.integer(length)
}
