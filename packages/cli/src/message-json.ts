// A message as one line of JSON: an array of [type, value] pairs, `[["integer",1],["byte[]","0a0b"]]`. JSON has no NaN, and most of
// its readers no whole numbers beyond 2^53: those are strings. A list has pairs in it, a map [key, pair]: `["map",[["a",["null",null]]]]`. What `encodeMessage` writes `parseMessage` reads back bit by bit.
import { Spack, type ElementInputs, type ElementType } from '@stalk/core'
import { parseExactJson } from './exact-json.js'

type Element = Spack['elements'][number]

/** One line of JSON for a message; numbers beyond JSON's are strings, a byte[] is hexadecimal. */
export function encodeMessage(message: Spack): string {
  return escapeJson(JSON.stringify(message.elements.map(jsonPair)))
}

/** The same JSON, safe to print. */
export function escapeJson(json: string): string {
  // what a terminal might obey is escaped as JSON allows it, beyond what JSON asks for: U+0000 to U+001F
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => unicodeEscape(character.charCodeAt(index))).join(''),
  )
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

function jsonPair(element: Element): unknown {
  return [element.type, jsonValue(element)]
}

function jsonValue(element: Element): unknown {
  switch (element.type) {
    case 'string':
    case 'byte':
    case 'null':
    case 'boolean':
      return element.value
    case 'integer':
    case 'bigint':
      return jsonInteger(element.value)
    case 'float32':
    case 'float64':
      return jsonFloat(element.value)
    case 'integer[]':
      return element.value.map(jsonInteger)
    case 'float32[]':
    case 'float64[]':
      return Array.from(element.value, jsonFloat)
    case 'byte[]':
      return Buffer.from(element.value).toString('hex')
    case 'date':
      return new Date(element.value).toISOString()
    case 'list':
      return element.value.map(jsonPair)
    case 'map':
      return Array.from(element.value, ([key, entry]) => [key, jsonPair(entry)])
  }
}

export function jsonInteger(value: number | bigint): number | string {
  if (typeof value === 'number') return value
  // decimal digits of a number of many thousand bits take seconds, hexadecimal ones do not
  if (value > LARGEST_DECIMAL) return `0x${value.toString(16)}`
  return value < -LARGEST_DECIMAL ? `-0x${(-value).toString(16)}` : String(value)
}

const LARGEST_DECIMAL = 1n << 1024n

export function jsonFloat(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

/**
 * The message of a line of JSON.
 *
 * @throws Error that names the element (counted from 0) and what was expected there
 */
export function parseMessage(text: string): Spack {
  const elements = readJson(text, 'this is not JSON (--text sends lines as text)')
  if (!Array.isArray(elements)) throw expected('a message', `an array of pairs such as [["string","hi"]]`, elements)
  const message = new Spack()
  elements.forEach((element: unknown, index) => {
    pushElement(message, element, `element ${index}`, 0)
  })
  return message
}

/** What a text of JSON stands for, whole numbers of any size included. @throws Error that begins with `mistake` */
export function readJson(text: string, mistake: string): unknown {
  try {
    return parseExactJson(text)
  } catch (error) {
    throw new Error(`${mistake}: ${(error as Error).message}`, { cause: error })
  }
}

function pushElement(message: Spack, pair: unknown, place: string, depth: number): void {
  if (!Array.isArray(pair) || pair.length !== 2) throw expected(place, 'a pair [type, value]', pair)
  const [type, value] = pair as [unknown, unknown]
  if (!isElementType(type)) throw expected(place, `a type (${Object.keys(readers).join(', ')})`, type)
  const read = readers[type](value, `${place}: ${type}`, depth)
  try {
    message.push(read, type)
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error })
  }
}

function isElementType(type: unknown): type is ElementType {
  return typeof type === 'string' && Object.hasOwn(readers, type)
}

type Reader<T extends ElementType> = (value: unknown, place: string, depth: number) => ElementInputs[T]

const readers: { readonly [T in ElementType]: Reader<T> } = {
  integer: readInteger,
  float32: readFloat32,
  float64: readFloat,
  byte: readByte,
  string: readString,
  'integer[]': (value, place) => readEntries(value, place, readInteger),
  'float32[]': (value, place) => Float32Array.from(readEntries(value, place, readFloat32)),
  'float64[]': (value, place) => Float64Array.from(readEntries(value, place, readFloat)),
  'byte[]': readBytes,
  null: readNull,
  boolean: readBoolean,
  bigint: (value, place) => BigInt(readInteger(value, place)),
  date: readDate,
  list: readList,
  map: readMap,
}

export function readInteger(value: unknown, place: string): number | bigint {
  if (typeof value === 'string' && /^-?(?:\d+|0x[0-9a-f]+)$/iu.test(value)) {
    return value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value)
  }
  if (typeof value === 'bigint') return value
  if (typeof value !== 'number') throw expected(place, 'a whole number, or its digits as a string', value)
  if (Number.isSafeInteger(value)) return value
  if (!Number.isInteger(value)) throw expected(place, 'a whole number', value)
  // with a point or an exponent it was rounded, and showing what is left would mislead
  throw new Error(`${place}: a whole number beyond 2^53 - 1 needs all its digits, such as 9007199254740993`)
}

export function readFloat(value: unknown, place: string): number {
  if (typeof value === 'string' && Object.hasOwn(namedFloats, value)) return namedFloats[value] ?? NaN
  if (typeof value === 'bigint') return readWholeFloat(value, place)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw expected(place, 'a number, "NaN", "Infinity", "-Infinity" or "-0"', value)
}

/** A whole number that a float is, or for which JavaScript would write it: none is altered unless it says that it may be, by a point. */
function readWholeFloat(value: bigint, place: string): number {
  const number = Number(value)
  if (Number.isFinite(number) && (BigInt(number) === value || String(number) === String(value))) return number
  throw expected(place, 'a whole number that a float64 can hold (with .0 behind it, it is rounded)', value)
}

const namedFloats: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 }

export function readFloat32(value: unknown, place: string): number {
  const number = readFloat(value, place)
  if (Number.isFinite(number) && !Number.isFinite(Math.fround(number))) {
    throw expected(place, 'a number within the range of a float32', value)
  }
  if (typeof value === 'bigint' && Math.fround(number) !== number) {
    throw expected(place, 'a whole number that a float32 can hold (with .0 behind it, it is rounded)', value)
  }
  return number
}

export function readByte(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value
  throw expected(place, 'a whole number from 0 to 255', value)
}

export function readString(value: unknown, place: string): string {
  if (typeof value === 'string') return value
  throw expected(place, 'a string', value)
}

export function readBytes(value: unknown, place: string): Uint8Array {
  if (typeof value === 'string' && /^(?:[0-9a-f]{2})*$/iu.test(value)) return Uint8Array.from(Buffer.from(value, 'hex'))
  throw expected(place, 'a string of hexadecimal digits, two a byte', value)
}

export function readNull(value: unknown, place: string): null {
  if (value === null) return value
  throw expected(place, 'null', value)
}

export function readBoolean(value: unknown, place: string): boolean {
  if (typeof value === 'boolean') return value
  throw expected(place, 'true or false', value)
}

export function readDate(value: unknown, place: string): Date {
  // as toISOString writes it and nothing else: Date.parse reads almost anything
  const date = new Date(typeof value === 'string' ? value : NaN)
  if (!Number.isNaN(date.getTime()) && date.toISOString() === value) return date
  throw expected(place, 'a date such as "2001-02-03T04:05:06.000Z"', value)
}

function readList(value: unknown, place: string, depth: number): Spack {
  const entries = new Spack()
  for (const [index, entry] of readEntries(value, place, (pair) => pair).entries()) {
    pushElement(entries, entry, `${place} at index ${index}`, deeper(place, depth))
  }
  return entries
}

function readMap(value: unknown, place: string, depth: number): Map<string, Spack> {
  const members = new Map<string, Spack>()
  for (const [index, member] of readEntries(value, place, (pair) => pair).entries()) {
    const here = `${place} at index ${index}`
    if (!Array.isArray(member) || member.length !== 2) throw expected(here, 'a pair [key, [type, value]]', member)
    const [key, pair] = member as [unknown, unknown]
    if (members.has(readString(key, here))) throw expected(here, 'a key that was not there before', key)
    const entry = new Spack()
    pushElement(entry, pair, here, deeper(place, depth))
    members.set(readString(key, here), entry)
  }
  return members
}

const MAX_DEPTH = 64

function deeper(place: string, depth: number): number {
  if (depth < MAX_DEPTH) return depth + 1
  throw new Error(`${place.slice(0, 40)}…: lists and maps may be inside each other ${MAX_DEPTH} times`)
}

export function readEntries<T>(value: unknown, place: string, read: (value: unknown, place: string) => T): T[] {
  if (!Array.isArray(value)) throw expected(place, 'an array', value)
  return value.map((entry: unknown, index) => read(entry, `${place} at index ${index}`))
}

export function expected(place: string, what: string, value: unknown): Error {
  const json = shownJson(value)
  return new Error(`${place}: expected ${what}, got ${json.length > 40 ? `${json.slice(0, 40)}…` : json}`)
}

function shownJson(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))
}

/** For `--help`. */
export const messageJsonHelp = `A message in JSON is one line, an array of pairs [type, value]:
  [["integer",1],["string","hi"],["byte[]","0a0b"],["float64[]",[1.5,"NaN"]]]
  integer                number, or its digits as a string ("0x…" in hexadecimal), which is how it is printed beyond 2^53 - 1
  float32 float64        number, "NaN", "Infinity", "-Infinity", "-0"; a whole number beyond 2^53 - 1 that it cannot hold needs a .0
  byte                   number from 0 to 255
  string                 string
  byte[]                 string of hexadecimal digits
  integer[] float32[] float64[]  array of such values
  null boolean bigint    null, true or false, as integer; these and what follows not with --protocol stalk/1
  date                   string such as "2001-02-03T04:05:06.000Z"
  list                   array of pairs [type, value]
  map                    array of pairs [key, [type, value]]
What listen --json and connect --json print, connect takes.`
