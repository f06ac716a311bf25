import type { Field } from './compile-struct.js'
import { isTypedArray, typeCodes } from './element.js'
import {
  float32At,
  float64At,
  setFloat32At,
  setFloat64At,
  setFloat64sAt,
  setFloat32sAt,
  float32sAt,
  float64sAt,
} from './floats.js'
import { longInteger, readIntegers, writeIntegers } from './integers.js'
import { leb128End, writeSigned } from './leb128.js'
import type { SpackLimits } from './limits.js'
import * as kinds from './scalar-kinds.js'
import { decodeUtf8, writeText } from './utf8.js'

/** Writes and reads whole packets of a schema the quick way. What is unusual, or wrong, is left to the thorough way: it has all errors. */
export interface CompiledPacket {
  /** Where the packet ends in `target`; -1: not this way. What is at `offset` and after it may be anything then. */
  readonly write: (value: unknown, target: Uint8Array, offset: number) => number
  /** Undefined: not this way. */
  readonly read: (bytes: Uint8Array, start: number, end: number, copies: boolean) => Record<string, unknown> | undefined
}

/** How values of one kind are written and read, as code. */
interface Template {
  /** The most bytes that a value takes in the data, without those that `write` makes sure of itself. */
  readonly dataBytes: number
  /** Writes `value` at `d` in `b`, and its type at `t`. */
  readonly write: (value: string) => string
  /** Reads `value` from `d` in `b`, and its type from `t`. */
  readonly read: (value: string) => string
}

const { integer, float32, float64, byte, boolean, array } = typeCodes

const expectCode = (code: number): string => `if (b[t++] !== ${code}) return`

/** A length, up to what two bytes hold, of at most `max`. */
const writeLength = (length: string, max: string): string =>
  `if (${length} > ${max}) return -1; if (${length} < 64) b[t++] = ${length}; else if (${length} < 8192) { b[t++] = ${length} & 127 | 128; b[t++] = ${length} >> 7 } else t = writeSigned(b, t, ${length})`
const readLength = (length: string, max: string): string =>
  `let ${length} = b[t++]; if (${length} >= 64) { const more = b[t++]; if (!(${length} >= 128 && more < 64 && (more > 0 || ${length} >= 192))) return; ${length} = ${length} & 127 | more << 7 } if (${length} > ${max}) return`

/** Numbers of up to 32 bits where they stand, others by a call. */
const writeInteger = (value: string): string =>
  `if ((${value} | 0) === ${value}) { let r = ${value}; while (r < -64 || r > 63) { b[d++] = r & 127 | 128; r >>= 7 } b[d++] = r & 127 } else if (Number.isSafeInteger(${value})) d = writeSigned(b, d, ${value}); else return -1`
const readInteger = (value: string): string =>
  `{ const first = b[d], second = b[d + 1]; if (first < 128) { ${value} = first << 25 >> 25; d += 1 } else if (second < 128 && second !== (first << 25 >> 31 & 127)) { ${value} = (first & 127 | second << 7) << 18 >> 18; d += 2 } else { ${value} = longInteger(b, d, end); if (${value} === null) return; d = leb128End(b, d, end) } }`
const ofNumber = (value: string): string => `if (typeof ${value} !== 'number') return -1`

const templates: ReadonlyMap<unknown, Template> = new Map<unknown, Template>([
  [
    kinds.integer,
    {
      dataBytes: 8,
      write: (v) => `${ofNumber(v)}; b[t++] = ${integer}; ${writeInteger(v)}`,
      read: (v) => `${expectCode(integer)}; let ${v}; ${readInteger(v)}`,
    },
  ],
  [
    kinds.float64,
    {
      dataBytes: 8,
      write: (v) => `${ofNumber(v)}; b[t++] = ${float64}; setFloat64At(b, d, ${v}); d += 8`,
      read: (v) => `${expectCode(float64)}; const ${v} = float64At(b, d); d += 8`,
    },
  ],
  [
    kinds.float32,
    {
      dataBytes: 4,
      write: (v) =>
        `${ofNumber(v)}; if (Number.isFinite(${v}) && !Number.isFinite(Math.fround(${v}))) return -1; b[t++] = ${float32}; setFloat32At(b, d, ${v}); d += 4`,
      read: (v) => `${expectCode(float32)}; const ${v} = float32At(b, d); d += 4`,
    },
  ],
  [
    kinds.byte,
    {
      dataBytes: 1,
      write: (v) => `if ((${v} & 255) !== ${v}) return -1; b[t++] = ${byte}; b[d++] = ${v}`,
      read: (v) => `${expectCode(byte)}; const ${v} = b[d++]`,
    },
  ],
  [
    kinds.boolean,
    {
      dataBytes: 1,
      write: (v) => `if (typeof ${v} !== 'boolean') return -1; b[t++] = ${boolean}; b[d++] = ${v} ? 1 : 0`,
      read: (v) => `${expectCode(boolean)}; if (b[d] > 1) return; const ${v} = b[d++] === 1`,
    },
  ],
  [
    kinds.string,
    {
      dataBytes: 0,
      write: (v) =>
        `{ if (typeof ${v} !== 'string') return -1; const n = writeText(b, d, ${v}, room - d); if (n < 0) return -1; d += n; b[t++] = ${typeCodes.string}; ${writeLength('n', 'maxStringBytes')} }`,
      read: (v) =>
        `${expectCode(typeCodes.string)}; ${readLength(`${v}n`, 'maxStringBytes')}; if (!(d + ${v}n <= end)) return; const ${v} = decodeUtf8(b, d, d + ${v}n); if (${v} === null) return; d += ${v}n`,
    },
  ],
  [
    kinds.bytes,
    {
      dataBytes: 0,
      write: (v) =>
        `{ if (!isTypedArray(${v}, 'Uint8Array')) return -1; const n = ${v}.byteLength; if (n !== ${v}.length || d + n > room) return -1; b.set(${v}, d); d += n; b[t++] = ${array}; b[t++] = ${byte}; ${writeLength('n', 'maxByteArrayBytes')} }`,
      read: (v) =>
        `${expectCode(array)}; ${expectCode(byte)}; ${readLength(`${v}n`, 'maxByteArrayBytes')}; if (!(d + ${v}n <= end)) return; const ${v} = copies ? b.slice(d, d + ${v}n) : new Uint8Array(b.buffer, b.byteOffset + d, ${v}n); d += ${v}n`,
    },
  ],
  [
    kinds.integerArray,
    {
      dataBytes: 0,
      write: (v) =>
        `{ if (!Array.isArray(${v})) return -1; const n = ${v}.length; if (d + 8 * n > room) return -1; b[t++] = ${array}; b[t++] = ${integer}; ${writeLength('n', 'maxArrayLength')}; d = writeIntegers(b, d, ${v}, n); if (d < 0) return -1 }`,
      read: (v) =>
        `${expectCode(array)}; ${expectCode(integer)}; ${readLength(`${v}n`, 'maxArrayLength')}; if (!(d + ${v}n <= end)) return; const ${v} = new Array(${v}n); d = readIntegers(b, d, end, ${v}); if (d < 0) return`,
    },
  ],
  floatsTemplate(kinds.float32Array, 'Float32', float32, 4),
  floatsTemplate(kinds.float64Array, 'Float64', float64, 8),
])

function floatsTemplate(kind: unknown, name: string, code: number, size: number): [unknown, Template] {
  return [
    kind,
    {
      dataBytes: 0,
      write: (v) =>
        `{ if (!isTypedArray(${v}, '${name}Array')) return -1; const n = ${v}.length; if (${size} * n !== ${v}.byteLength || d + ${size} * n > room) return -1; set${name}sAt(b, d, ${v}); d += ${size} * n; b[t++] = ${array}; b[t++] = ${code}; ${writeLength('n', 'maxArrayLength')} }`,
      read: (v) =>
        `${expectCode(array)}; ${expectCode(code)}; ${readLength(`${v}n`, 'maxArrayLength')}; if (!(d + ${size} * ${v}n <= end)) return; const ${v} = ${name.toLowerCase()}sAt(b, d, ${v}n); d += ${size} * ${v}n`,
    },
  ]
}

const helpers = {
  writeSigned,
  writeText,
  isTypedArray,
  setFloat32At,
  setFloat64At,
  setFloat32sAt,
  setFloat64sAt,
  float32At,
  float64At,
  float32sAt,
  float64sAt,
  decodeUtf8,
  leb128End,
  longInteger,
  readIntegers,
  writeIntegers,
}

/** Types of more bytes have a size of more than one byte. */
const mostTypes = 127

/** Room for what is not measured at each field: types, and numbers. */
const spareBytes = 256

/**
 * Puts the fields of a schema together to two functions that know all of it, without a call for each field: a fraction of the time. Null
 * where the platform makes no code of strings, for fields that are optional, and for kinds whose values are not all of one shape.
 */
export function compilePacket(fields: readonly Field[], limits: SpackLimits): CompiledPacket | null {
  const parts = fields.map(({ kind, optional }) => (optional ? undefined : templates.get(kind)))
  const all = parts.filter((part) => part !== undefined)
  if (all.length < parts.length || fields.length > limits.maxElements || limits.maxIntegerBytes < 8) return null
  const names = fields.map(({ name }) => JSON.stringify(name))
  const { maxStringBytes, maxByteArrayBytes, maxArrayLength, maxPacketBytes } = limits
  const numbers = { maxStringBytes, maxByteArrayBytes, maxArrayLength, maxPacketBytes }
  const scope = { ...helpers, ...numbers }
  const code = `'use strict'; ${writerCode(names, all)}; ${readerCode(names, all)}; return { write, read }`
  try {
    // All that is not fixed here is numbers, and names as literals of JSON: nothing of a peer’s, nothing that could be code.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const make = new Function(...Object.keys(scope), code) as (...values: readonly unknown[]) => CompiledPacket
    return make(...Object.values(scope))
  } catch {
    return null
  }
}

/** The types get as much room before the data as they took the last time; if that was too much, the data move, if it was not enough, nothing comes of it. */
function writerCode(names: readonly string[], parts: readonly Template[]): string {
  const fixed = parts.reduce((sum, { dataBytes }) => sum + dataBytes, 0)
  const values = names.map((name, index) => `v${index} = value[${name}]`)
  const writes = parts.map(({ write }, index) => write(`v${index}`))
  return `let gap = ${names.length}, surplus = 0
function write(value, b, offset) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return -1
  ${values.length > 0 ? `const ${values.join(', ')}` : ''}
  const from = offset + 1 + gap, room = b.length - ${spareBytes + fixed}
  let t = offset + 1, d = from
  if (d > room) return -1
  ${writes.join('\n  ')}
  const types = t - offset - 1
  if (types > ${mostTypes}) return -1
  if (t !== from) {
    if (t > from) { gap = types; return -1 }
    b.copyWithin(t, from, d)
    d -= from - t
    if (++surplus > 8) { gap = types; surplus = 0 }
  }
  b[offset] = types
  return d - offset > maxPacketBytes ? -1 : d
}`
}

function readerCode(names: readonly string[], parts: readonly Template[]): string {
  const members = names.map((name, index) => `${name}: v${index}`)
  return `function read(b, start, end, copies) {
  if (end - start > maxPacketBytes) return
  const from = start + 1 + b[start]
  let t = start + 1, d = from
  if (!(b[start] < 128 && from <= end)) return
  ${parts.map(({ read }, index) => read(`v${index}`)).join('\n  ')}
  if (t !== from || d !== end) return
  return { ${members.join(', ')} }
}`
}
