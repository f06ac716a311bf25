/**
 * What an element holds, by the name of its type. An integer is a number when it is safe, else a bigint. The types from null on
 * are the extended ones: the compact form has them, the classic form has not.
 */
export interface ElementValues {
  readonly integer: number | bigint
  readonly float32: number
  readonly float64: number
  readonly byte: number
  readonly string: string
  readonly 'integer[]': readonly (number | bigint)[]
  readonly 'float32[]': Float32Array
  readonly 'float64[]': Float64Array
  readonly 'byte[]': Uint8Array
  readonly null: null
  readonly boolean: boolean
  readonly bigint: bigint
  /** Milliseconds from the beginning of 1970: `values()` makes a Date of it. */
  readonly date: number
  readonly list: readonly SpackElement[]
  readonly map: ReadonlyMap<string, SpackElement>
}

/** The name of an element's type. */
export type ElementType = keyof ElementValues

/** One element of a packet: a discriminated union over `type`. */
export type SpackElement = { [T in ElementType]: { readonly type: T; readonly value: ElementValues[T] } }[ElementType]

/** An element that the compact form has and the classic form has not. */
export type ExtendedElement = Extract<SpackElement, { type: 'null' | 'boolean' | 'bigint' | 'date' | 'list' | 'map' }>

/**
 * The bytes that stand for the types (SPEC, spack §elements and §extended). An array is `array`, the code of its entries, its
 * length.
 */
export const typeCodes = {
  integer: 0x01,
  float32: 0x02,
  float64: 0x03,
  byte: 0x04,
  string: 0x05,
  array: 0x10,
  null: 0x20,
  boolean: 0x21,
  bigint: 0x22,
  date: 0x23,
  list: 0x30,
  map: 0x31,
} as const

/** A date is at most so many milliseconds from the beginning of 1970, as ECMAScript has it: 100 million days. */
export const maxDateMs = 8_640_000_000_000_000

/** For each type that holds no other elements what turns an input into a valid element's value, or throws TypeError or RangeError. */
export const validators: {
  readonly [T in Exclude<ElementType, 'list' | 'map'>]: (value: unknown) => ElementValues[T]
} = {
  integer: (value) => validInteger(value, 'integer'),
  float32: (value) => validFloat32(value, 'float32'),
  float64: (value) => validFloat64(value, 'float64'),
  byte: validByte,
  string: validString,
  'integer[]': validIntegers,
  'float32[]': validFloat32s,
  'float64[]': validFloat64s,
  'byte[]': validBytes,
  null: validNull,
  boolean: validBoolean,
  bigint: validBigint,
  date: validDate,
}

/** Whether it is a typed array of that name, from whichever realm, subclasses such as node's Buffer included. */
export function isTypedArray(value: unknown, name: 'Uint8Array' | 'Float32Array' | 'Float64Array'): boolean {
  return ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === name
}

/** The milliseconds of a Date, from whichever realm; null of anything else. */
export function dateMs(value: unknown): number | null {
  try {
    return Date.prototype.getTime.call(value)
  } catch {
    return null
  }
}

/** A bigint as a number where that is safe: one value has one representation, so a round trip compares equal. */
export function normalInteger(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value
}

/** What a value is, for a message, without its content, of which a member `constructor` would be: messages end up in logs. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  const name = prototype?.constructor?.name
  return typeof name !== 'string' || name === '' ? 'an object' : `an object of ${name}`
}

function validInteger(value: unknown, place: string): number | bigint {
  if (typeof value === 'bigint') return normalInteger(value)
  if (typeof value !== 'number') throw new TypeError(`${place}: expected a number or a bigint, got ${describe(value)}`)
  if (!Number.isInteger(value)) throw new RangeError(`${place}: ${value} is not a whole number`)
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${place}: ${value} is not a safe integer: whole numbers beyond 2^53 - 1 must be a bigint`)
  }
  return value + 0 // makes 0 of -0, which has no encoding of its own
}

function validFloat32(value: unknown, place: string): number {
  const number = validFloat64(value, place)
  const rounded = Math.fround(number)
  if (Number.isFinite(number) && !Number.isFinite(rounded)) {
    throw new RangeError(`${place}: ${number} is beyond the largest float32`)
  }
  return rounded
}

function validFloat64(value: unknown, place: string): number {
  if (typeof value !== 'number') throw new TypeError(`${place}: expected a number, got ${describe(value)}`)
  return value
}

function validByte(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`byte: expected a number, got ${describe(value)}`)
  if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`byte: ${value} is not in 0..255`)
  return value + 0
}

function validString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`string: expected a string, got ${describe(value)}`)
  // newer than the library that this is typed against, older than every engine that it runs on
  if (!(value as string & { isWellFormed(): boolean }).isWellFormed()) {
    throw new TypeError(
      'string: it has a lone surrogate, which UTF-8 cannot encode (see String.prototype.toWellFormed)',
    )
  }
  return value
}

function validIntegers(value: unknown): readonly (number | bigint)[] {
  const input = validArray(value, 'integer[]')
  const integers = new Array<number | bigint>(input.length)
  for (let index = 0; index < integers.length; index += 1) {
    const entry = input[index]
    const isSafe = typeof entry === 'number' && Number.isSafeInteger(entry)
    integers[index] = isSafe ? entry + 0 : validInteger(entry, `integer[] at index ${index}`)
  }
  return Object.freeze(integers)
}

function validFloat32s(value: unknown): Float32Array {
  if (isTypedArray(value, 'Float32Array')) return value as Float32Array
  const input = validArray(value, 'float32[]', 'a Float32Array or ')
  return Float32Array.from(input, (entry, index) => validFloat32(entry, `float32[] at index ${index}`))
}

function validFloat64s(value: unknown): Float64Array {
  if (isTypedArray(value, 'Float64Array')) return value as Float64Array
  const input = validArray(value, 'float64[]', 'a Float64Array or ')
  return Float64Array.from(input, (entry, index) => validFloat64(entry, `float64[] at index ${index}`))
}

function validBytes(value: unknown): Uint8Array {
  if (!isTypedArray(value, 'Uint8Array')) throw new TypeError(`byte[]: expected a Uint8Array, got ${describe(value)}`)
  return value as Uint8Array
}

function validNull(value: unknown): null {
  if (value !== null) throw new TypeError(`null: expected null, got ${describe(value)}`)
  return value
}

function validBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`boolean: expected a boolean, got ${describe(value)}`)
  return value
}

function validBigint(value: unknown): bigint {
  if (typeof value !== 'bigint') throw new TypeError(`bigint: expected a bigint, got ${describe(value)}`)
  return value
}

function validDate(value: unknown): number {
  const ms = typeof value === 'number' ? value : dateMs(value)
  if (ms === null) throw new TypeError(`date: expected a Date, or its milliseconds, got ${describe(value)}`)
  if (!Number.isInteger(ms) || Math.abs(ms) > maxDateMs) {
    throw new RangeError(`date: ${ms} is no whole number of milliseconds that a Date can hold`)
  }
  return ms + 0
}

function validArray(value: unknown, place: string, also = ''): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`${place}: expected ${also}an array of numbers, got ${describe(value)}`)
  }
  return value
}
