import { typeCodes, type SpackElement } from './element.js'
import { SpackError } from './errors.js'
import type { SpackLimits } from './limits.js'
import { Reader } from './reader.js'
import { Spack } from './spack.js'

/** What bounds and shapes the decoding of elements. */
export interface ElementRules {
  readonly limits: SpackLimits
  /** Whether integer[], float32[] and float64[] may have no entry: compact yes, classic no. */
  readonly emptyArrays: boolean
}

/** The packet whose types are `bytes[typesStart..dataStart]` and whose data `bytes[dataStart..end]`, all of it used. */
export function decodeElements(
  bytes: Uint8Array,
  typesStart: number,
  dataStart: number,
  end: number,
  rules: ElementRules,
): Spack {
  const types = new Reader(bytes, 'types', typesStart, dataStart)
  const data = new Reader(bytes, 'data', dataStart, end)
  const { maxElements } = rules.limits
  const spack = new Spack()
  // what is read here is valid already, so it skips the checks of `push`
  const elements = spack.elements as SpackElement[]
  while (types.left > 0) {
    if (elements.length >= maxElements) {
      throw new SpackError(
        'SPACK_TOO_MANY_ELEMENTS',
        `the packet has more than ${maxElements} elements (${types.place})`,
      )
    }
    elements.push(readElement(types, data, rules))
  }
  if (data.left > 0) {
    throw new SpackError('SPACK_DATA_UNUSED', `${data.left} bytes are left after the last element, at ${data.place}`)
  }
  return spack
}

function readElement(types: Reader, data: Reader, rules: ElementRules): SpackElement {
  const { limits } = rules
  const code = types.byte('a type')
  switch (code) {
    case typeCodes.integer:
      return { type: 'integer', value: data.integer(limits.maxIntegerBytes) }
    case typeCodes.float32:
      return { type: 'float32', value: data.float32() }
    case typeCodes.float64:
      return { type: 'float64', value: data.float64() }
    case typeCodes.byte:
      return { type: 'byte', value: data.byte('a byte') }
    case typeCodes.string: {
      const length = types.length('a string', limits.maxStringBytes, 'SPACK_STRING_TOO_LONG')
      return { type: 'string', value: data.string(length) }
    }
    case typeCodes.array:
      return readArray(types, data, rules)
    default:
      throw new SpackError('SPACK_UNKNOWN_TYPE', `type ${code}, just before ${types.place}, is unknown`)
  }
}

function readArray(types: Reader, data: Reader, rules: ElementRules): SpackElement {
  const { maxIntegerBytes, maxByteArrayBytes } = rules.limits
  const code = types.byte('the element type of an array')
  switch (code) {
    case typeCodes.byte: {
      const count = types.length('a byte[]', maxByteArrayBytes, 'SPACK_ARRAY_TOO_LONG')
      return { type: 'byte[]', value: data.bytes(count, 'a byte[]') }
    }
    case typeCodes.integer: {
      const values = new Array<number | bigint>(readCount(types, data, 'integer[]', 1, rules))
      for (let index = 0; index < values.length; index += 1) values[index] = data.integer(maxIntegerBytes)
      return { type: 'integer[]', value: Object.freeze(values) }
    }
    case typeCodes.float32: {
      const values = new Float32Array(readCount(types, data, 'float32[]', 4, rules))
      for (let index = 0; index < values.length; index += 1) values[index] = data.float32()
      return { type: 'float32[]', value: values }
    }
    case typeCodes.float64: {
      const values = new Float64Array(readCount(types, data, 'float64[]', 8, rules))
      for (let index = 0; index < values.length; index += 1) values[index] = data.float64()
      return { type: 'float64[]', value: values }
    }
    default:
      throw new SpackError(
        'SPACK_UNKNOWN_ARRAY_TYPE',
        `arrays of type ${code}, just before ${types.place}, are unknown`,
      )
  }
}

/** An array's length, once it is sure that the data can hold so many entries of at least `entryBytes` bytes. */
function readCount(types: Reader, data: Reader, what: string, entryBytes: number, rules: ElementRules): number {
  const count = types.length(what, rules.limits.maxArrayLength, 'SPACK_ARRAY_TOO_LONG')
  if (count === 0 && !rules.emptyArrays) {
    throw new SpackError(
      'SPACK_EMPTY_ARRAY',
      `${what}, just before ${types.place}, has no entry: only byte[] may be empty`,
    )
  }
  data.need(count * entryBytes, `${what} of ${count} entries`)
  return count
}
