import { typeCodes, type SpackElement } from './element.js'
import { SpackError } from './errors.js'
import type { SpackLimits } from './limits.js'
import { Reader } from './reader.js'
import { Spack } from './spack.js'

/** What bounds and shapes the elements of a packet. */
export interface ElementRules {
  readonly limits: SpackLimits
  /** Whether it is the compact form, which has extended types and empty arrays. */
  readonly compact: boolean
  /** False: byte arrays are views of the bytes. True unless told otherwise. */
  readonly copies?: boolean
}

/** The packet whose types are `bytes[typesStart..dataStart]` and whose data `bytes[dataStart..end]`, all of it used. */
export function decodeElements(
  bytes: Uint8Array,
  typesStart: number,
  dataStart: number,
  end: number,
  { limits, compact, copies }: ElementRules,
): Spack {
  const types = new Reader('types').begin(bytes, typesStart, dataStart, limits, copies)
  const data = new Reader('data').begin(bytes, dataStart, end, limits, copies)
  const spack = new Spack()
  // what is read here is valid already, so it skips the checks of `push`
  const elements = spack.elements as SpackElement[]
  while (types.left > 0) {
    data.countElements(1)
    elements.push(readElement(types, data, compact))
  }
  expectEnd(data)
  return spack
}

/** Refuses data after the last element. */
export function expectEnd(data: Reader): void {
  if (data.left === 0) return
  throw new SpackError('SPACK_DATA_UNUSED', `${data.left} bytes are left after the last element, at ${data.place}`)
}

/** The next element. Inside lists and maps both readers are the same. */
export function readElement(types: Reader, data: Reader, compact: boolean): SpackElement {
  const code = types.byte('a type')
  switch (code) {
    case typeCodes.integer:
      return { type: 'integer', value: data.integer() }
    case typeCodes.float32:
      return { type: 'float32', value: data.float32() }
    case typeCodes.float64:
      return { type: 'float64', value: data.float64() }
    case typeCodes.byte:
      return { type: 'byte', value: data.byte('a byte') }
    case typeCodes.string:
      return { type: 'string', value: data.string(stringLength(types)) }
    case typeCodes.array:
      return readArray(types, data, compact)
    default:
      return readExtended(code, types, data, compact)
  }
}

/** The length of a string. */
export function stringLength(reader: Reader): number {
  return reader.length('a string', reader.limits.maxStringBytes, 'SPACK_STRING_TOO_LONG')
}

/** The length of a byte[]. */
export function byteArrayLength(reader: Reader): number {
  return reader.length('a byte[]', reader.limits.maxByteArrayBytes, 'SPACK_ARRAY_TOO_LONG')
}

/** The length of any other array. */
export function arrayLength(reader: Reader, what: string): number {
  return reader.length(what, reader.limits.maxArrayLength, 'SPACK_ARRAY_TOO_LONG')
}

function readArray(types: Reader, data: Reader, compact: boolean): SpackElement {
  const code = types.byte('the element type of an array')
  switch (code) {
    case typeCodes.byte:
      return { type: 'byte[]', value: data.bytes(byteArrayLength(types), 'a byte[]') }
    case typeCodes.integer: {
      const count = entryCount(types, 'integer[]', compact)
      return { type: 'integer[]', value: Object.freeze(data.integers(count)) }
    }
    case typeCodes.float32:
      return { type: 'float32[]', value: data.float32s(entryCount(types, 'float32[]', compact)) }
    case typeCodes.float64:
      return { type: 'float64[]', value: data.float64s(entryCount(types, 'float64[]', compact)) }
    default:
      throw new SpackError(
        'SPACK_UNKNOWN_ARRAY_TYPE',
        `arrays of type ${code}, just before ${types.place}, are unknown`,
      )
  }
}

function entryCount(types: Reader, what: string, compact: boolean): number {
  const count = arrayLength(types, what)
  if (count === 0 && !compact) {
    throw new SpackError(
      'SPACK_EMPTY_ARRAY',
      `${what}, just before ${types.place}, has no entry: only byte[] may be empty`,
    )
  }
  return count
}

function readExtended(code: number, types: Reader, data: Reader, compact: boolean): SpackElement {
  switch (compact ? code : -1) {
    case typeCodes.null:
      return { type: 'null', value: null }
    case typeCodes.boolean:
      return { type: 'boolean', value: data.boolean() }
    case typeCodes.bigint:
      return { type: 'bigint', value: BigInt(data.integer()) }
    case typeCodes.date:
      return { type: 'date', value: data.date() }
    case typeCodes.list:
      return { type: 'list', value: readList(data) }
    case typeCodes.map:
      return { type: 'map', value: readMap(data) }
    default:
      throw new SpackError('SPACK_UNKNOWN_TYPE', `type ${code}, just before ${types.place}, is unknown`)
  }
}

function readList(data: Reader): readonly SpackElement[] {
  const elements = new Array<SpackElement>(data.enter('a list', 1))
  for (let index = 0; index < elements.length; index += 1) elements[index] = readElement(data, data, true)
  data.leave()
  return Object.freeze(elements)
}

function readMap(data: Reader): ReadonlyMap<string, SpackElement> {
  const elements = new Map<string, SpackElement>()
  const count = data.enter('a map', 2)
  for (let index = 0; index < count; index += 1) {
    const key = readKey(data, elements)
    elements.set(key, readElement(data, data, true))
  }
  data.leave()
  return elements
}

/** The next key of a map, which it does not have yet. */
export function readKey(data: Reader, before: { has(key: string): boolean }): string {
  const key = data.string(stringLength(data))
  if (!before.has(key)) return key
  throw new SpackError('SPACK_DUPLICATE_KEY', `the key of a map just before ${data.place} was there before`)
}
