import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test from 'node:test'
import { decode, encode, Spack, type SpackError, type SpackErrorCode } from '@stalk/spack'
import type * as kinds from '@stalk/spack/schema'
import {
  any,
  bigint,
  boolean,
  byte,
  bytes,
  date,
  enumeration,
  float32,
  float32Array,
  float64,
  float64Array,
  integer,
  integerArray,
  list,
  map,
  nothing,
  nullable,
  optional,
  schema,
  string,
  struct,
  union,
  type Infer,
} from '@stalk/spack/schema'
import { toHex } from './support/bytes.js'
import { refusal } from './support/refusal.js'

const compact = { form: 'compact' } as const

const Reading = schema({
  seq: integer,
  at: float64,
  name: string,
  samples: float64Array,
  tags: optional(list(string)),
  place: struct({ lat: float64, lon: float64, note: optional(string) }),
  state: union({ idle: nothing, moving: struct({ speed: float32 }), failed: string }),
})
type Reading = Infer<typeof Reading>

const reading: Reading = {
  seq: 7,
  at: 1.5,
  name: 'é',
  samples: Float64Array.of(1, NaN),
  tags: ['a', ''],
  place: { lat: 1, lon: -0 },
  state: { type: 'moving', value: { speed: 0.5 } },
}

/** A schema of one field, `x`. */
function one<T>(kind: kinds.Kind<T>): kinds.Schema<{ x: T }> {
  return schema({ x: kind })
}

test('a value comes back as it was, over bytes and over a packet', () => {
  assert.deepEqual(Reading.decode(Reading.encode(reading)), reading)
  assert.deepEqual(Reading.fromSpack(Reading.toSpack(reading)), reading)
})

test('with a schema or without, the bytes are the same: each field is an element, a struct is a list', () => {
  const spack = new Spack()
    .integer(7)
    .float64(1.5)
    .string('é')
    .float64s([1, NaN])
    .list(['a', ''])
    .list(new Spack().float64(1).float64(-0))
    .list(new Spack().string('moving').list(new Spack().float32(0.5)))
  assert.equal(toHex(Reading.encode(reading)), toHex(encode(spack, compact)))
  assert.deepEqual(Reading.toSpack(reading), decode(encode(spack, compact), compact))
})

test('every kind carries its values to the edges of their range', () => {
  const cases: [kinds.Kind<unknown>, readonly unknown[]][] = [
    [integer, [0, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1]],
    [bigint, [0n, 5n, -(2n ** 70n), 2n ** 53n]],
    [float32, [0.5, -0, NaN, Infinity]],
    [float64, [0.1, -0, NaN, -Infinity, 2 ** 53]],
    [byte, [0, 255]],
    [boolean, [true, false]],
    [date, [new Date(0), new Date(-8.64e15), new Date(8.64e15)]],
    [string, ['', 'a', 'é', 'x'.repeat(12), 'x'.repeat(13), 'x'.repeat(63), 'x'.repeat(64), 'é'.repeat(60), '\ufeff']],
    [bytes, [new Uint8Array(), new Uint8Array(63).fill(1), new Uint8Array(64).fill(2), new Uint8Array(9000).fill(3)]],
    [float32Array, [new Float32Array(), Float32Array.of(0.5, NaN)]],
    [float64Array, [new Float64Array(), Float64Array.of(0.1, NaN)]],
    [integerArray, [[], [1, -70, 2 ** 40]]],
    [list(list(boolean)), [[], [[true], []]]],
    [map(integer), [{}, { b: 1, a: 2 }, JSON.parse('{"__proto__":1}')]],
    [nullable(string), [null, 'a']],
    [enumeration('red', 'green'), ['red', 'green']],
    [nothing, [null]],
    [any, [null, 1, 1.5, 'a', 5n, new Date(1), [1, { a: [null] }], Uint8Array.of(1)]],
    [struct({}), [{}]],
    [struct({ a: optional(boolean), b: integer, c: optional(boolean) }), [{ b: 1 }, { a: true, b: 1, c: false }]],
  ]
  for (const [kind, values] of cases) {
    const inside = { x: struct({ y: kind }), z: list(kind) }
    for (const value of values) {
      assert.deepEqual(one(kind).decode(one(kind).encode({ x: value })), { x: value })
      const nested = { x: { y: value }, z: [value, value] }
      assert.deepEqual(schema(inside).decode(schema(inside).encode(nested as never)), nested)
    }
  }
})

test('a bigint comes back as one, however small, and an integer as a number', () => {
  assert.deepEqual(one(bigint).fromSpack(new Spack().integer(5)), { x: 5n })
  assert.deepEqual(one(integer).fromSpack(new Spack().integer(5n)), { x: 5 })
})

test('a value that does not fit is a TypeError or a RangeError that says where it is', () => {
  const wrong = (change: object, name: string, message: RegExp): void => {
    assert.throws(() => Reading.encode({ ...reading, ...change }), { name, message })
  }
  wrong({ seq: '1' }, 'TypeError', /^seq: expected a number, got a string$/)
  wrong({ seq: 1n }, 'TypeError', /^seq: expected a number, got a bigint$/)
  wrong({ seq: 1.5 }, 'RangeError', /^seq: 1.5 is not a whole number$/)
  wrong({ seq: 2 ** 53 }, 'RangeError', /^seq: 9007199254740992 is not a safe integer/)
  wrong({ seq: undefined }, 'TypeError', /^seq: expected a number, got undefined$/)
  wrong({ name: 'a\ud800' }, 'TypeError', /^name: the string has a lone surrogate/)
  wrong({ samples: [1] }, 'TypeError', /^samples: expected a Float64Array, got an object of Array$/)
  wrong({ tags: ['a', 1] }, 'TypeError', /^tags\[1\]: expected a string, got a number$/)
  wrong({ tags: null }, 'TypeError', /^tags: expected an array, got null$/)
  wrong({ tags: new Array(1) }, 'TypeError', /^tags\[0\]: expected a string, got undefined$/)
  wrong({ place: null }, 'TypeError', /^place: expected an object, got null$/)
  wrong({ place: { lat: 1, lon: '2' } }, 'TypeError', /^place\.lon: expected a number, got a string$/)
  wrong({ place: { lat: 1, lon: 2, note: 3 } }, 'TypeError', /^place\.note: expected a string/)
  wrong(
    { state: { type: 'flying', value: 1 } },
    'TypeError',
    /^state: type: expected one of \["idle","moving","failed"\]$/,
  )
  wrong({ state: { type: 'constructor', value: 1 } }, 'TypeError', /^state: type: expected one of/)
  wrong(
    { state: { type: 'moving', value: { speed: 1e300 } } },
    'RangeError',
    /^state\.moving\.speed: 1e\+300 is beyond/,
  )
  wrong({ state: null }, 'TypeError', /^state: expected an object \{ type, value \}, got null$/)
  assert.throws(() => Reading.encode(null as never), { name: 'TypeError', message: /^expected an object, got null$/ })
  const refusedBy: [kinds.Kind<unknown>, unknown, RegExp][] = [
    [byte, 256, /^x: 256 is not in 0..255$/],
    [date, new Date(NaN), /^x: an invalid Date/],
    [date, 5, /^x: expected a Date/],
    [bigint, 5, /^x: expected a bigint/],
    [boolean, 1, /^x: expected a boolean/],
    [bytes, [1], /^x: expected a Uint8Array/],
    [float32Array, Float64Array.of(1), /^x: expected a Float32Array/],
    [integerArray, [1, 0.5], /^x\[1\]: 0.5 is not a whole number$/],
    [integerArray, Float64Array.of(1), /^x: expected an array/],
    [map(integer), { a: 1, 'b c': '2' }, /^x\["b c"\]: expected a number/],
    [map(integer), null, /^x: expected an object without a class, got null$/],
    [map(integer), new Map([['a', 1]]), /^x: expected an object without a class, got an object of Map$/],
    [map(integer), [1], /^x: expected an object without a class, got an object of Array$/],
    [map(integer), new Date(0), /^x: expected an object without a class, got an object of Date$/],
    [struct({ a: optional(integer) }), [1], /^x: expected an object, got an object of Array$/],
    [integer, JSON.parse('{"constructor":{"name":"a name of a stranger’s"}}'), /^x: .* got an object of Object$/],
    [integer, JSON.parse('{"constructor":{"name":{"toString":1}}}'), /^x: .* got an object of Object$/],
    [integer, Object.create(null), /^x: expected a number, got an object$/],
    [nullable(integer), undefined, /^x: expected a number, got undefined$/],
    [enumeration('a', 'b'), 'c', /^x: expected one of \["a","b"\], got a string$/],
    [nothing, 0, /^x: expected null/],
    [any, { a: [() => 1] }, /^x\.a\[0\]: expected a JSON-like value, got a function$/],
    [any, undefined, /^x: expected a JSON-like value, got undefined$/],
  ]
  for (const [kind, value, message] of refusedBy) {
    assert.throws(() => one(kind).encode({ x: value }), { message })
  }
})

test('an element that the schema does not fit is refused with its path, in the message and as a property', () => {
  const cases: [Spack, SpackErrorCode, string, string][] = [
    [new Spack(), 'SPACK_FIELD_MISSING', 'seq', 'seq: expected an integer, but the packet has no more elements'],
    [new Spack().string('a'), 'SPACK_SCHEMA_MISMATCH', 'seq', 'seq: expected an integer, got a string at types byte 0'],
    [new Spack().null(), 'SPACK_SCHEMA_MISMATCH', 'seq', 'seq: expected an integer, got null at types byte 0'],
    [
      new Spack().integers([]),
      'SPACK_SCHEMA_MISMATCH',
      'seq',
      'seq: expected an integer, got an array at types byte 0',
    ],
    [new Spack().integer(2n ** 53n), 'SPACK_INTEGER_UNSAFE', 'seq', 'seq: the integer before data byte 8 is beyond'],
    [new Spack().integer(1).float32(1), 'SPACK_SCHEMA_MISMATCH', 'at', 'at: expected a float64, got a float32'],
    [
      new Spack().integer(1).float64(1).string('').float32s([1]),
      'SPACK_SCHEMA_MISMATCH',
      'samples',
      'samples: expected a float64[], got a float32',
    ],
  ]
  for (const [spack, code, path, message] of cases) {
    assert.throws(() => Reading.fromSpack(spack), refusal(code, message))
    assert.throws(() => Reading.fromSpack(spack), { path })
  }
  const start = (): Spack => new Spack().integer(1).float64(1).string('').float64s([])
  const later: [Spack, SpackErrorCode, string][] = [
    [start().list(['a', 'b', 3]), 'SPACK_SCHEMA_MISMATCH', 'tags[2]'],
    [start().null().list([1]), 'SPACK_FIELD_MISSING', 'place'],
    [start().null().list([0.5, 1]), 'SPACK_SCHEMA_MISMATCH', 'place.lon'],
    [start().null().list([0.5, 0.5]).list(['flying', 1]), 'SPACK_VALUE_UNKNOWN', 'state'],
    [start().null().list([0.5, 0.5]).list(['idle']), 'SPACK_SCHEMA_MISMATCH', 'state'],
    [start().null().list([0.5, 0.5]).list(['failed', 1]), 'SPACK_SCHEMA_MISMATCH', 'state.failed'],
    [start().null().list([0.5, 0.5]), 'SPACK_FIELD_MISSING', 'state'],
  ]
  for (const [spack, code, path] of later) assert.throws(() => Reading.fromSpack(spack), { code, path })
  assert.throws(() => one(enumeration('a')).fromSpack(new Spack().string('b')), { code: 'SPACK_VALUE_UNKNOWN' })
  assert.throws(() => one(map(map(integer))).fromSpack(new Spack().map({ a: { b: 'x' } })), { path: 'x.a.b' })
  assert.throws(() => one(integerArray).fromSpack(new Spack().integers([1, 2n ** 60n])), {
    code: 'SPACK_INTEGER_UNSAFE',
    path: 'x[1]',
  })
})

test('the path shows a peer’s key without what a terminal might obey, and not all of a long one', () => {
  const path = (key: string): string => {
    try {
      one(map(integer)).fromSpack(new Spack().map({ [key]: 'no integer' }))
    } catch (error) {
      return (error as SpackError).path
    }
    return ''
  }
  assert.equal(path('größe_2$'), 'x.größe_2$')
  assert.equal(path('a"b'), 'x["a\\"b"]')
  assert.equal(path('\u001b[31m'), 'x["\\u001b[31m"]')
  assert.equal(path('\u009b31m\u202e\u2028\u{e0001}'), 'x["\\u{9b}31m\\u{202e}\\u{2028}\\u{e0001}"]')
  assert.equal(path('k'.repeat(1000)), `x["${'k'.repeat(40)}…"]`)
})

test('bytes that are no packet are refused as without a schema, cut at any byte', () => {
  const whole = Reading.encode(reading)
  for (let end = 0; end < whole.length; end += 1) {
    assert.throws(() => Reading.decode(whole.subarray(0, end)), { name: 'SpackError' }, String(end))
  }
  const more = Uint8Array.from([...whole, 0])
  assert.throws(() => Reading.decode(more), refusal('SPACK_DATA_UNUSED'))
  assert.throws(() => one(string).decode(Uint8Array.of(2, 5, 1, 0xff)), refusal('SPACK_INVALID_UTF8', 'x: '))
  assert.throws(() => one(integer).decode(Uint8Array.of(1, 0x77)), refusal('SPACK_SCHEMA_MISMATCH', 'got type 119'))
  assert.throws(() => one(integer).decode(Uint8Array.of(1, 1, 0x80, 0)), refusal('SPACK_NONCANONICAL', 'x: '))
  assert.throws(() => one(integer).decode('no bytes' as never), TypeError)
})

test('fields added at the end, and optional, trouble neither side', () => {
  const Old = schema({ id: integer, place: struct({ lat: float64 }) })
  const New = schema({
    id: integer,
    place: struct({ lat: float64, height: optional(float64), names: optional(list(string)) }),
    note: optional(string),
    extra: optional(map(integer)),
  })
  const old = { id: 1, place: { lat: 2 } }
  assert.deepEqual(New.decode(Old.encode(old)), old)
  assert.deepEqual(Old.decode(New.encode(old)), old)
  assert.deepEqual(New.encode(old), Old.encode(old))
  for (const value of [
    { id: 1, place: { lat: 2, height: 3, names: ['a'] }, note: 'n', extra: { a: 1 } },
    { id: 1, place: { lat: 2, names: [] }, extra: {} },
  ]) {
    assert.deepEqual(New.decode(New.encode(value)), value)
    assert.deepEqual(Old.decode(New.encode(value)), old)
  }
})

test('a field may be renamed: the packet is the same, the fingerprint another', () => {
  const [Old, New] = [schema({ id: integer, note: string }), schema({ id: integer, remark: string })]
  assert.deepEqual(New.decode(Old.encode({ id: 1, note: 'a' })), { id: 1, remark: 'a' })
  assert.notEqual(New.fingerprint, Old.fingerprint)
})

test('an optional field that becomes required reads what has it, a required one that becomes optional troubles old readers', () => {
  const [Optional, Required] = [schema({ id: integer, note: optional(string) }), schema({ id: integer, note: string })]
  const whole = { id: 1, note: 'a' }
  assert.deepEqual(Required.decode(Optional.encode(whole)), whole)
  assert.deepEqual(Optional.decode(Required.encode(whole)), whole)
  assert.throws(() => Required.decode(Optional.encode({ id: 1 })), { code: 'SPACK_FIELD_MISSING', path: 'note' })
})

test('another kind, another order, or a field that is not at the end is another schema: refused, with the field', () => {
  const New = schema({ id: integer, note: string })
  const others = [
    schema({ id: float64, note: string }).encode({ id: 1, note: 'a' }),
    schema({ note: string, id: integer }).encode({ note: 'a', id: 1 }),
    schema({ first: optional(string), id: integer, note: string }).encode({ first: 'a', id: 1, note: 'a' }),
  ]
  for (const bytes of others) assert.throws(() => New.decode(bytes), { code: 'SPACK_SCHEMA_MISMATCH', path: 'id' })
})

test('a new variant or a new value of an enumeration is refused by old readers, and old ones are read by new readers', () => {
  const Old = schema({ u: union({ a: integer }), e: enumeration('x') })
  const New = schema({ u: union({ b: string, a: integer }), e: enumeration('y', 'x') })
  const old = { u: { type: 'a', value: 1 }, e: 'x' } as const
  assert.deepEqual(New.decode(Old.encode(old)), old)
  assert.deepEqual(Old.decode(New.encode(old)), old)
  assert.throws(() => Old.decode(New.encode({ ...old, u: { type: 'b', value: '' } })), {
    code: 'SPACK_VALUE_UNKNOWN',
    path: 'u',
  })
  assert.throws(() => Old.decode(New.encode({ ...old, e: 'y' })), { code: 'SPACK_VALUE_UNKNOWN', path: 'e' })
})

test('a new field that is required is refused by name when an old peer leaves it out', () => {
  const New = schema({ id: integer, note: string })
  assert.throws(() => New.decode(schema({ id: integer }).encode({ id: 1 })), {
    code: 'SPACK_FIELD_MISSING',
    path: 'note',
  })
})

test('unknown elements at the end are still held to the format', () => {
  const Old = schema({ id: integer })
  const bytes = encode(new Spack().integer(1).list([[]]), compact)
  assert.deepEqual(Old.decode(bytes), { id: 1 })
  assert.throws(() => Old.decode(bytes.subarray(0, -1)), refusal('SPACK_DATA_TRUNCATED'))
  assert.throws(() => schema({ id: integer }, { limits: { maxDepth: 1 } }).decode(bytes), refusal('SPACK_TOO_DEEP'))
})

test('missing fields in the middle travel as null, at the end not at all; no member is made for them', () => {
  const Sparse = schema({ a: optional(integer), b: optional(integer), c: optional(integer) })
  assert.equal(toHex(Sparse.encode({ b: 1 })), '02200101')
  assert.equal(toHex(Sparse.encode({ a: undefined })), '00')
  assert.deepEqual(Object.keys(Sparse.decode(Sparse.encode({ b: 1, c: undefined }))), ['b'])
  assert.deepEqual(Sparse.fromSpack(new Spack().null().null().null()), {})
})

test('the limits hold, with the path, whichever side: strings, arrays, integers, elements, depth, the packet', () => {
  const cases: [kinds.Kind<unknown>, unknown, object, SpackErrorCode, string][] = [
    [string, 'abc', { maxStringBytes: 2 }, 'SPACK_STRING_TOO_LONG', 'x'],
    [string, 'éé', { maxStringBytes: 3 }, 'SPACK_STRING_TOO_LONG', 'x'],
    [map(integer), { abc: 1 }, { maxStringBytes: 2 }, 'SPACK_STRING_TOO_LONG', 'x'],
    [bytes, new Uint8Array(3), { maxByteArrayBytes: 2 }, 'SPACK_ARRAY_TOO_LONG', 'x'],
    [float64Array, new Float64Array(3), { maxArrayLength: 2 }, 'SPACK_ARRAY_TOO_LONG', 'x'],
    [float32Array, new Float32Array(3), { maxArrayLength: 2 }, 'SPACK_ARRAY_TOO_LONG', 'x'],
    [integerArray, [1, 2, 3], { maxArrayLength: 2 }, 'SPACK_ARRAY_TOO_LONG', 'x'],
    [integer, 64, { maxIntegerBytes: 1 }, 'SPACK_INTEGER_TOO_LONG', 'x'],
    [bigint, 2n ** 70n, { maxIntegerBytes: 9 }, 'SPACK_INTEGER_TOO_LONG', 'x'],
    [list(list(integer)), [[1], [2, 3]], { maxElements: 5 }, 'SPACK_TOO_MANY_ELEMENTS', 'x[1]'],
    [any, [[1], [2, 3]], { maxElements: 5 }, 'SPACK_TOO_MANY_ELEMENTS', 'x'],
    [list(list(integer)), [[1]], { maxDepth: 1 }, 'SPACK_TOO_DEEP', 'x[0]'],
    [list(any), [[1]], { maxDepth: 1 }, 'SPACK_TOO_DEEP', 'x[0]'],
    [bytes, new Uint8Array(30), { maxPacketBytes: 30 }, 'SPACK_PACKET_TOO_LARGE', ''],
  ]
  for (const [kind, value, limits, code, path] of cases) {
    const Limited = schema({ x: kind }, { limits })
    assert.throws(() => Limited.encode({ x: value }), { code }, JSON.stringify(limits))
    const bytes = one(kind).encode({ x: value })
    assert.throws(() => Limited.decode(bytes), { code }, JSON.stringify(limits))
    assert.ok(path === '' || path.startsWith('x'))
    assert.throws(() => decode(bytes, { form: 'compact', limits }), { code })
  }
  assert.throws(() => schema({}, { limits: { maxElement: 1 } as object }), RangeError)
})

test('encoded packets stay as they are, whatever is encoded after them, and before an error', () => {
  const One = schema({ x: bytes, y: integer })
  const packets = Array.from({ length: 600 }, (_, index) => {
    const value = { x: new Uint8Array((index * 37) % 4000).fill(index), y: index }
    if (index % 7 === 0) assert.throws(() => One.encode({ ...value, y: 'x' as never }), TypeError)
    return [One.encode(value), value] as const
  })
  for (const [bytes, value] of packets) assert.deepEqual(One.decode(bytes), value)
})

test('a getter that encodes on its own disturbs nothing', () => {
  const Inner = schema({ x: string })
  const value = {
    a: 1,
    get b(): Uint8Array {
      return Inner.encode({ x: 'inner' })
    },
    c: 'outer',
  }
  const Outer = schema({ a: integer, b: bytes, c: string })
  const decoded = Outer.decode(Outer.encode(value))
  assert.deepEqual([decoded.a, decoded.c, Inner.decode(decoded.b)], [1, 'outer', { x: 'inner' }])
})

test('a list that a getter changes while it is written is written as long as it was, or refused: the packet is whole', () => {
  const Rows = schema({ rows: list(struct({ a: integer })) })
  const growing: { a: number }[] = [
    {
      get a(): number {
        growing.push({ a: 2 })
        return 1
      },
    },
  ]
  assert.deepEqual(Rows.decode(Rows.encode({ rows: growing })), { rows: [{ a: 1 }] })
  const shrinking: { a: number }[] = [
    {
      get a(): number {
        shrinking.length = 1
        return 1
      },
    },
    { a: 2 },
  ]
  assert.throws(() => Rows.encode({ rows: shrinking }), {
    name: 'TypeError',
    message: /^rows\[1\]: expected an object/,
  })
})

test('what is decoded shares no memory with the bytes', () => {
  const One = schema({ x: bytes, y: float64Array })
  const input = One.encode({ x: new Uint8Array(70).fill(1), y: Float64Array.of(1) }).slice()
  const decoded = One.decode(input)
  input.fill(0)
  assert.deepEqual(decoded, { x: new Uint8Array(70).fill(1), y: Float64Array.of(1) })
  assert.deepEqual(One.decode(Buffer.from(One.encode(decoded))), decoded)
})

test('what is no kind, and what cannot be a field, is refused when the schema is made', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => schema({ x: Number as never }), /^x: expected a kind such as integer or list\(string\)/],
    [() => schema({ x: null as never }), /^x: expected a kind .* got null$/],
    [() => list(optional(integer) as never), /^list: expected a kind .* \(only fields can be optional\)$/],
    [() => optional(optional(integer) as never), /^optional: expected a kind/],
    [() => optional(nullable(integer)), /^optional: the kind has null/],
    [() => optional(any), /^optional: the kind has null/],
    [() => nullable(nullable(integer)), /^nullable: the kind has null already$/],
    [() => enumeration(...([] as never as [string])), /^enumeration takes different strings/],
    [() => enumeration('a', 'a'), /^enumeration takes different strings/],
    [() => union({}), /^union takes an object of kinds/],
    [() => union({ a: 1 as never }), /^union: a: expected a kind/],
    [() => map(undefined as never), /^map: expected a kind/],
    [() => schema(JSON.parse('{"__proto__":1}') as never), /^a field cannot be called __proto__$/],
    [() => schema({ constructor: integer }), /^a field cannot be called constructor$/],
    [() => schema({ 7: integer }), /^a field cannot be called 7$/],
  ]
  for (const [run, message] of wrong) assert.throws(run, { name: 'TypeError', message })
})

test('names of fields are data wherever they go: quotes, line ends and words of the language', () => {
  const names = ["a'b", 'a"b', 'a\nb', '\u2028', '`${x}`', 'return', 'types', ']);throw 1//']
  const Odd = schema(Object.fromEntries(names.map((name) => [name, integer])))
  const value = Object.fromEntries(names.map((name, index) => [name, index]))
  assert.deepEqual(Odd.decode(Odd.encode(value)), value)
})

test('the canonical form has fields in their order, and sorted what has no order on the line', () => {
  const a = schema({ u: union({ b: integer, a: nothing }), e: enumeration('y', 'x'), o: optional(map(any)) })
  const b = schema({ u: union({ a: nothing, b: integer }), e: enumeration('x', 'y'), o: optional(map(any)) })
  assert.equal(
    a.form,
    '["struct",[["u",["union",[["a","null"],["b","integer"]]]],["e",["enumeration","x","y"]],["o",["optional",["map","any"]]]]]',
  )
  assert.equal(a.form, b.form)
  assert.equal(a.fingerprint, b.fingerprint)
  const other = [
    schema({ x: integer, y: integer }),
    schema({ y: integer, x: integer }),
    schema({ x: integer }),
    schema({ x: optional(integer) }),
    schema({ x: bigint }),
    schema({ z: integer }),
  ]
  assert.equal(new Set(other.map(({ fingerprint }) => fingerprint)).size, other.length)
})

test('a fingerprint is the SHA-256 of the canonical form, the same in another process, with a SHA-256 of one’s own', () => {
  const One = schema({ x: integer })
  assert.equal(One.form, '["struct",[["x","integer"]]]')
  const other = execFileSync(process.execPath, [
    '-p',
    `require('node:crypto').createHash('sha256').update(${JSON.stringify(One.form)}).digest('hex')`,
  ])
  assert.equal(One.fingerprint, other.toString().trim())
  const sha256 = (): Uint8Array => new Uint8Array(32).fill(0xab)
  assert.equal(schema({ x: integer }, { sha256 }).fingerprint, 'ab'.repeat(32))
})

test('texts beyond ASCII are whole wherever the buffer that packets share ends', () => {
  const Texts = schema({ texts: list(string) })
  for (let filler = 0; filler < 400; filler += 1) {
    // each packet begins a little farther on in the shared buffer, and some outgrow it in the middle of a text
    const value = { texts: ['x'.repeat(filler), 'grüße', '水'.repeat(20), 'end'] }
    assert.deepEqual(Texts.decode(Texts.encode(value)), value)
  }
})

test('encodeInto says of a value that does not fit what encode says, with its path', () => {
  const fields = schema({ n: integer, names: list(string) })
  const bad = { n: 1, names: ['a', 2] } as never
  assert.throws(() => fields.encodeInto(bad, new Uint8Array(100), 0), /^TypeError: names\[1\]: expected a string/u)
  assert.throws(() => fields.encode(bad), /^TypeError: names\[1\]: expected a string/u)
})
