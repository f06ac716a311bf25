import { dateMs, describe, isTypedArray, validators, type SpackElement } from './element.js'
import { entryStep, memberStep, misplaced, placed } from './path.js'
import { maxNesting } from './limits.js'

/** What `Spack.from` takes and `toValue` gives: JSON’s values, and dates, bytes, bigints, arrays of floats. */
export type JsonLike =
  null | boolean | number | bigint | string | Date | Uint8Array | Float32Array | Float64Array | JsonLike[] | JsonObject

/** An object of JSON-like values. */
export interface JsonObject {
  [key: string]: JsonLike
}

/**
 * The element that stands for a JSON-like value: for a whole number that is safe an integer, for any other number a float64.
 * Bytes and arrays of floats are borrowed, all else is copied. Members that are undefined are left out, as in JSON.
 *
 * @throws TypeError for what is no JSON-like value, RangeError for an invalid date and for what nests too deep; with the path.
 */
export function elementOf(value: unknown): SpackElement {
  try {
    return innerElementOf(value)
  } catch (error) {
    throw placed(error)
  }
}

/** The same for a value inside another, whose path goes before that of the error. */
export function innerElementOf(value: unknown): SpackElement {
  return convert(value, [])
}

/** The JSON-like value that an element stands for. Bytes and arrays of floats are the element's own, all else is fresh. */
export function plainOf(element: SpackElement): JsonLike {
  if (element.type === 'list') return element.value.map(plainOf)
  if (element.type === 'integer[]') return [...element.value]
  if (element.type === 'date') return new Date(element.value)
  if (element.type !== 'map') return element.value
  const object: JsonObject = {}
  for (const [key, entry] of element.value) setMember(object, key, plainOf(entry))
  return object
}

/**
 * Sets a member of a fresh object, whatever its name. What the prototype has as well could not be assigned: `__proto__` would
 * set the prototype, other setters would run, and what is frozen there would be refused.
 */
export function setMember(object: object, key: string, value: unknown): void {
  if (key in object) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    ;(object as Record<string, unknown>)[key] = value
  }
}

/** Whether it is an object without a class, from whichever realm: `{}`, or without a prototype. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function convert(value: unknown, outer: object[]): SpackElement {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value: validators.string(value) }
    case 'number':
      // minus zero is whole and safe, but no integer
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { type: 'integer', value }
      return { type: 'float64', value }
    case 'boolean':
      return { type: 'boolean', value }
    case 'bigint':
      return { type: 'bigint', value }
    case 'object':
      return value === null ? { type: 'null', value } : convertObject(value, outer)
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new TypeError(`expected a JSON-like value, got ${describe(value)}`)
  }
}

function convertObject(value: object, outer: object[]): SpackElement {
  if (Array.isArray(value)) return inside(value, outer, () => convertList(value, outer))
  if (isPlain(value)) return inside(value, outer, () => convertMap(value, outer))
  if (isTypedArray(value, 'Uint8Array')) return { type: 'byte[]', value: value as Uint8Array }
  if (isTypedArray(value, 'Float32Array')) return { type: 'float32[]', value: value as Float32Array }
  if (isTypedArray(value, 'Float64Array')) return { type: 'float64[]', value: value as Float64Array }
  if (dateMs(value) !== null) return { type: 'date', value: validators.date(value) }
  throw new TypeError(`expected a JSON-like value, got ${describe(value)}`)
}

/** Converts what holds other values, unless it stands inside itself or too deep. */
function inside(value: object, outer: object[], convertContent: () => SpackElement): SpackElement {
  if (outer.includes(value)) throw new TypeError('the value contains itself, which has no encoding')
  if (outer.length >= maxNesting) throw new RangeError(`values nest deeper than ${maxNesting} lists and maps`)
  outer.push(value)
  const element = convertContent()
  outer.pop()
  return element
}

function convertList(values: readonly unknown[], outer: object[]): SpackElement {
  // by index: `map` would skip holes
  const elements = Array.from({ length: values.length }, (_, index) => {
    try {
      return convert(values[index], outer)
    } catch (error) {
      throw misplaced(error, entryStep(index))
    }
  })
  return { type: 'list', value: Object.freeze(elements) }
}

function convertMap(object: object, outer: object[]): SpackElement {
  const elements = new Map<string, SpackElement>()
  for (const key of Object.keys(object)) {
    const value = (object as Record<string, unknown>)[key]
    if (value === undefined) continue
    try {
      elements.set(validators.string(key), convert(value, outer))
    } catch (error) {
      throw misplaced(error, memberStep(key))
    }
  }
  return { type: 'map', value: elements }
}
