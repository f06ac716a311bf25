// A value of a kind as JSON, and back: as one would write it, with strings for what JSON has not. The kind is known by its form.
import type { KindForm } from '@stalk/spack/schema'
import {
  expected,
  jsonFloat,
  jsonInteger,
  readBoolean,
  readByte,
  readBytes,
  readDate,
  readEntries,
  readFloat,
  readFloat32,
  readInteger,
  readNull,
  readString,
} from './message-json.js'

/**
 * The value of a kind that some JSON stands for. What it does not look at, the kind itself does when the value is written.
 *
 * @throws Error that names the place and what was expected there
 */
export function valueOfJson(form: KindForm, json: unknown, place: string): unknown {
  if (typeof form === 'string') return (simple[form] ?? asItIs)(json, place)
  const [name = '', of = 'any'] = form
  switch (name) {
    case 'list':
      return readEntries(json, place, (entry, at) => valueOfJson(of, entry, at))
    case 'map':
      return mapMembers(json, place, (member, key) => valueOfJson(of, member, `${place}.${key}`))
    case 'nullable':
      return json === null ? null : valueOfJson(of, json, place)
    case 'enumeration':
      return nameOfJson(form.slice(1), json, place)
    case 'struct':
      return structOfJson(new Map(of as readonly [string, KindForm][]), json, place)
    case 'union':
      return variantOfJson(new Map(of as readonly [string, KindForm][]), json, place)
    default:
      return json
  }
}

/** What a value of a kind is in JSON. */
export function jsonOfValue(value: unknown): unknown {
  if (typeof value === 'bigint') return jsonInteger(value)
  if (typeof value === 'number') return jsonFloat(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Float32Array || value instanceof Float64Array) return Array.from(value, jsonFloat)
  if (Array.isArray(value)) return value.map(jsonOfValue)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonOfValue(member)]))
}

const asItIs = (json: unknown): unknown => json

const simple: Readonly<Partial<Record<string, (json: unknown, place: string) => unknown>>> = {
  integer: readSafeInteger,
  bigint: (json, place) => BigInt(readInteger(json, place)),
  float32: readFloat32,
  float64: readFloat,
  byte: readByte,
  boolean: readBoolean,
  date: readDate,
  string: readString,
  null: readNull,
  'byte[]': readBytes,
  'integer[]': (json, place) => readEntries(json, place, readSafeInteger),
  'float32[]': (json, place) => Float32Array.from(readEntries(json, place, readFloat32)),
  'float64[]': (json, place) => Float64Array.from(readEntries(json, place, readFloat)),
}

/** The kind `integer` is a number: what a number cannot hold is for the kind `bigint`. */
function readSafeInteger(json: unknown, place: string): number {
  const number = Number(readInteger(json, place))
  if (Number.isSafeInteger(number)) return number
  throw expected(place, 'a whole number within ±(2^53 - 1)', json)
}

function nameOfJson(names: readonly unknown[], json: unknown, place: string): unknown {
  if (names.includes(json)) return json
  throw expected(place, `one of ${JSON.stringify(names)}`, json)
}

function structOfJson(fields: ReadonlyMap<string, KindForm>, json: unknown, place: string): unknown {
  const value = mapMembers(json, place, (member, name) => {
    const form = fields.get(name)
    if (form === undefined) {
      const known = JSON.stringify([...fields.keys()])
      throw new Error(`${place}: there is no member ${JSON.stringify(name)}, but ${known}`)
    }
    return valueOfJson(isOptional(form) ? form[1] : form, member, `${place}.${name}`)
  })
  for (const [name, form] of fields) {
    if (!isOptional(form) && !Object.hasOwn(value, name)) {
      throw new Error(`${place}: the member ${JSON.stringify(name)} is missing`)
    }
  }
  return value
}

/** Whether the form of a field says that it may be missing: then its kind comes second. */
export function isOptional(form: KindForm): form is readonly ['optional', KindForm] {
  return Array.isArray(form) && form[0] === 'optional'
}

function variantOfJson(variants: ReadonlyMap<string, KindForm>, json: unknown, place: string): unknown {
  const { type, value = null } = (json ?? {}) as { type?: unknown; value?: unknown }
  const form = typeof type === 'string' ? variants.get(type) : undefined
  if (form === undefined) {
    throw expected(place, `{"type": one of ${JSON.stringify([...variants.keys()])}, "value": …}`, json)
  }
  return { type, value: valueOfJson(form, value, `${place}.value`) }
}

function mapMembers(json: unknown, place: string, read: (member: unknown, key: string) => unknown): object {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw expected(place, 'an object', json)
  return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, read(member, key)]))
}

/** For `--help`. */
export const valueJsonHelp = `Requests and answers are JSON, a line each. What JSON has not is a string: "NaN", "Infinity", "-Infinity", "-0"; a date such as
"2001-02-03T04:05:06.000Z"; a byte[] in hexadecimal digits. A bigint is its digits, as a string or not, and printed as a string. No
whole number is ever rounded: one beyond 2^53 - 1 is a bigint where the kind is any, and refused where the kind cannot hold it. A
union is {"type": its variant, "value": …}.`
