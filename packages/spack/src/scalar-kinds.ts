import { arrayLength, byteArrayLength, stringLength } from './decode-elements.js'
import { dateMs, isTypedArray, maxDateMs, typeCodes } from './element.js'
import { SpackError } from './errors.js'
import type { GrowingWriter } from './growing-writer.js'
import { expectArray, expectCode, unfit, type Kind } from './kind.js'
import { signedBytes } from './leb128.js'
import { entryStep, misplaced } from './path.js'
import type { Reader } from './reader.js'
import { utf8Bytes } from './utf8.js'

/** A whole number within ±(2^53 - 1), as a number. */
export const integer: Kind<number> = {
  form: 'integer',
  write(types, data, value) {
    checkSafe(value)
    types.byte(typeCodes.integer)
    writeNumber(data, value)
  },
  read(types, data) {
    expectCode(types, typeCodes.integer, 'an integer')
    return readSafe(data)
  },
}

/** A whole number of any size, as a bigint. */
export const bigint: Kind<bigint> = {
  form: 'bigint',
  write(types, data, value) {
    if (typeof value !== 'bigint') throw unfit('a bigint', value)
    types.byte(typeCodes.integer)
    const bytes = signedBytes(value)
    checkLength('SPACK_INTEGER_TOO_LONG', bytes, data.limits.maxIntegerBytes)
    data.reserve(bytes)
    data.integer(value)
  },
  read(types, data) {
    expectCode(types, typeCodes.integer, 'an integer')
    return BigInt(data.integer())
  },
}

/** A 32-bit float: the value is rounded to it. */
export const float32: Kind<number> = {
  form: 'float32',
  write(types, data, value) {
    checkNumber(value)
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw new RangeError(`${value} is beyond the largest float32`)
    }
    types.byte(typeCodes.float32)
    data.float32(value)
  },
  read(types, data) {
    expectCode(types, typeCodes.float32, 'a float32')
    return data.float32()
  },
}

/** A 64-bit float: any number. */
export const float64: Kind<number> = {
  form: 'float64',
  write(types, data, value) {
    checkNumber(value)
    types.byte(typeCodes.float64)
    data.float64(value)
  },
  read(types, data) {
    expectCode(types, typeCodes.float64, 'a float64')
    return data.float64()
  },
}

/** A whole number from 0 to 255. */
export const byte: Kind<number> = {
  form: 'byte',
  write(types, data, value) {
    checkNumber(value)
    if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`${value} is not in 0..255`)
    types.byte(typeCodes.byte)
    data.byte(value)
  },
  read(types, data) {
    expectCode(types, typeCodes.byte, 'a byte')
    return data.byte('a byte')
  },
}

/** true or false. */
export const boolean: Kind<boolean> = {
  form: 'boolean',
  write(types, data, value) {
    if (typeof value !== 'boolean') throw unfit('a boolean', value)
    types.byte(typeCodes.boolean)
    data.byte(value ? 1 : 0)
  },
  read(types, data) {
    expectCode(types, typeCodes.boolean, 'a boolean')
    return data.boolean()
  },
}

/** A point in time, to the millisecond. */
export const date: Kind<Date> = {
  form: 'date',
  write(types, data, value) {
    const ms = dateMs(value)
    if (ms === null) throw unfit('a Date', value)
    if (!(Math.abs(ms) <= maxDateMs)) throw new RangeError('an invalid Date has no encoding')
    types.byte(typeCodes.date)
    writeNumber(data, ms)
  },
  read(types, data) {
    expectCode(types, typeCodes.date, 'a date')
    return new Date(data.date())
  },
}

/** A string without lone surrogates. */
export const string: Kind<string> = {
  form: 'string',
  write(types, data, value) {
    if (typeof value !== 'string') throw unfit('a string', value)
    types.byte(typeCodes.string)
    writeText(types, data, value)
  },
  read(types, data) {
    expectCode(types, typeCodes.string, 'a string')
    return data.string(stringLength(types))
  },
}

/** Bytes: borrowed for the call when written, copied when read. */
export const bytes: Kind<Uint8Array> = {
  form: 'byte[]',
  write(types, data, value) {
    if (!isTypedArray(value, 'Uint8Array')) throw unfit('a Uint8Array', value)
    checkLength('SPACK_ARRAY_TOO_LONG', value.length, data.limits.maxByteArrayBytes)
    writeArrayType(types, typeCodes.byte, value.length)
    data.bytes(value)
  },
  read(types, data) {
    expectArray(types, typeCodes.byte, 'a byte[]')
    return data.bytes(byteArrayLength(types), 'a byte[]')
  },
}

/** 32-bit floats. */
export const float32Array: Kind<Float32Array> = {
  form: 'float32[]',
  write(types, data, value) {
    if (!isTypedArray(value, 'Float32Array')) throw unfit('a Float32Array', value)
    checkLength('SPACK_ARRAY_TOO_LONG', value.length, data.limits.maxArrayLength)
    writeArrayType(types, typeCodes.float32, value.length)
    data.float32s(value)
  },
  read(types, data) {
    expectArray(types, typeCodes.float32, 'a float32[]')
    return data.float32s(arrayLength(types, 'float32[]'))
  },
}

/** 64-bit floats. */
export const float64Array: Kind<Float64Array> = {
  form: 'float64[]',
  write(types, data, value) {
    if (!isTypedArray(value, 'Float64Array')) throw unfit('a Float64Array', value)
    checkLength('SPACK_ARRAY_TOO_LONG', value.length, data.limits.maxArrayLength)
    writeArrayType(types, typeCodes.float64, value.length)
    data.float64s(value)
  },
  read(types, data) {
    expectArray(types, typeCodes.float64, 'a float64[]')
    return data.float64s(arrayLength(types, 'float64[]'))
  },
}

/** Whole numbers within ±(2^53 - 1), as numbers: shorter than a list of them, and faster. */
export const integerArray: Kind<number[]> = {
  form: 'integer[]',
  write(types, data, value) {
    if (!Array.isArray(value)) throw unfit('an array', value)
    const { length } = value
    checkLength('SPACK_ARRAY_TOO_LONG', length, data.limits.maxArrayLength)
    writeArrayType(types, typeCodes.integer, length)
    let index = 0
    try {
      for (; index < length; index += 1) {
        const entry = value[index]
        checkSafe(entry)
        writeNumber(data, entry)
      }
    } catch (error) {
      throw misplaced(error, entryStep(index))
    }
  },
  read(types, data) {
    expectArray(types, typeCodes.integer, 'an integer[]')
    const count = arrayLength(types, 'integer[]')
    data.need(count, 'an integer[]')
    const values = new Array<number>(count)
    let index = 0
    try {
      for (; index < count; index += 1) values[index] = readSafe(data)
    } catch (error) {
      throw misplaced(error, entryStep(index))
    }
    return values
  },
}

/** Writes a string’s length and its bytes. */
export function writeText(lengths: GrowingWriter, data: GrowingWriter, text: string): void {
  const written = lengths.offset - lengths.start
  const { maxStringBytes } = data.limits
  if (text.length <= maxStringBytes) {
    lengths.number(text.length)
    if (data.ascii(text)) return
    // it has more bytes than that; the buffer may be another one by now, with another start
    lengths.offset = lengths.start + written
  }
  if (!(text as string & { isWellFormed(): boolean }).isWellFormed()) {
    throw new TypeError(
      'the string has a lone surrogate, which UTF-8 cannot encode (see String.prototype.toWellFormed)',
    )
  }
  const bytes = utf8Bytes(text)
  checkLength('SPACK_STRING_TOO_LONG', bytes, maxStringBytes)
  lengths.number(bytes)
  data.reserve(bytes)
  data.string(text)
}

function writeArrayType(types: GrowingWriter, code: number, length: number): void {
  types.byte(typeCodes.array)
  types.byte(code)
  types.number(length)
}

function writeNumber(data: GrowingWriter, value: number): void {
  // no number takes more than 8 bytes
  if (data.limits.maxIntegerBytes < 8) {
    checkLength('SPACK_INTEGER_TOO_LONG', signedBytes(value), data.limits.maxIntegerBytes)
  }
  data.number(value)
}

function readSafe(data: Reader): number {
  const value = data.integer()
  if (typeof value === 'number') return value
  throw new SpackError('SPACK_INTEGER_UNSAFE', `the integer before ${data.place} is beyond 2^53 - 1`)
}

function checkSafe(value: unknown): asserts value is number {
  checkNumber(value)
  if (!Number.isInteger(value)) throw new RangeError(`${value} is not a whole number`)
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is not a safe integer: whole numbers beyond 2^53 - 1 need the kind bigint`)
  }
}

function checkNumber(value: unknown): asserts value is number {
  if (typeof value !== 'number') throw unfit('a number', value)
}

function checkLength(
  code: 'SPACK_STRING_TOO_LONG' | 'SPACK_ARRAY_TOO_LONG' | 'SPACK_INTEGER_TOO_LONG',
  length: number,
  max: number,
): void {
  if (length > max) throw new SpackError(code, `a length of ${length} exceeds the limit of ${max}`)
}
