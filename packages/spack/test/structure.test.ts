import assert from 'node:assert/strict'
import test from 'node:test'
import vm from 'node:vm'
import fc from 'fast-check'
import { decode, encode, Spack, type SpackElement } from '@stalk/spack'
import { integer, map, schema } from '@stalk/spack/schema'
import { refusal } from './support/refusal.js'

const compact = { form: 'compact' } as const

function roundTrip(value: unknown): unknown {
  return decode(encode(Spack.from(value), compact), compact).toValue()
}

class Position {
  readonly x = 1
}

test('any JSON-like value comes back equal, from the packet and over the bytes', () => {
  const values = [
    null,
    true,
    false,
    0,
    -1,
    2 ** 53 - 1,
    1.5,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    1e300,
    5e-324,
    0n,
    5n,
    -(2n ** 200n),
    2n ** 53n,
    '',
    'héllo',
    new Date(0),
    new Date(-8.64e15),
    new Date(Date.UTC(2001, 1, 3, 4, 5, 6, 7)),
    new Uint8Array(),
    Uint8Array.of(0, 255),
    Float32Array.of(1.5),
    Float64Array.of(0.1, NaN),
    [],
    {},
    [[], [[]], {}],
    { a: [1, 'x', null, { b: true }], 'any key': -0, '': 1n, 1: 2 },
  ]
  for (const value of values) {
    assert.deepEqual(Spack.from(value).toValue(), value)
    assert.deepEqual(roundTrip(value), value)
  }
  assert.deepEqual(roundTrip(values), values)
})

const jsonLike = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: 'binary' }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__')), tie('value'), {
      noNullPrototype: true,
    }),
  ),
})).value

test('any JSON-like value that can be thought of comes back equal, and has one encoding', () => {
  fc.assert(
    fc.property(jsonLike, (value) => {
      const bytes = encode(Spack.from(value), compact)
      const decoded = decode(bytes, compact)
      assert.deepEqual(decoded.toValue(), value)
      assert.deepEqual(encode(decoded, compact), bytes)
    }),
    { numRuns: 1000 },
  )
})

test('numbers that are whole and safe are integers, all others float64, and bigints stay apart from both', () => {
  const types = (value: unknown[]): string[] =>
    (Spack.from(value).elements[0]!.value as SpackElement[]).map(({ type }) => type)
  assert.deepEqual(types([1, 0, -(2 ** 53) + 1]), ['integer', 'integer', 'integer'])
  assert.deepEqual(types([-0, 1.5, 2 ** 53, NaN]), ['float64', 'float64', 'float64', 'float64'])
  assert.deepEqual(types([1n, 2n ** 64n]), ['bigint', 'bigint'])
})

test('members that are undefined are left out, and the order of members stays', () => {
  assert.deepEqual(roundTrip({ b: 1, a: undefined, c: 2 }), { b: 1, c: 2 })
  assert.deepEqual(Object.keys(roundTrip({ b: 1, a: 2 }) as object), ['b', 'a'])
})

test('__proto__ is a member like others: nobody’s prototype changes', () => {
  const value = roundTrip(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')) as Record<string, unknown>
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(value['polluted'], undefined)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('a key that Object.prototype has as well is a member like others, whatever it is there', () => {
  const keys = ['toString', 'hidden']
  const members = Object.fromEntries(keys.map((key) => [key, 1]))
  const bytes = encode(Spack.from(members), compact)
  const Members = schema({ map: map(integer) })
  // as in a program that guards itself, such as with `node --frozen-intrinsics`
  const before = Object.getOwnPropertyDescriptor(Object.prototype, 'toString')!
  Object.defineProperty(Object.prototype, 'toString', { ...before, writable: false })
  Object.defineProperty(Object.prototype, 'hidden', { set: () => assert.fail('a setter'), configurable: true })
  try {
    assert.deepEqual(Object.entries(decode(bytes, compact).toValue() as object), Object.entries(members))
    assert.deepEqual(Object.entries(Members.fromSpack(decode(bytes, compact)).map), Object.entries(members))
  } finally {
    Object.defineProperty(Object.prototype, 'toString', before)
    delete (Object.prototype as { hidden?: unknown }).hidden
  }
})

test('objects without a prototype and those of another realm are objects, arrays, dates and bytes', () => {
  const bare = Object.assign(Object.create(null) as object, { a: 1 })
  assert.deepEqual(roundTrip(bare), { a: 1 })
  const foreign: unknown = vm.runInNewContext('({ a: [new Date(5), Uint8Array.of(1)] })')
  assert.deepEqual(roundTrip(foreign), { a: [new Date(5), Uint8Array.of(1)] })
})

test('what is no JSON-like value is a TypeError that says where it is', () => {
  const cyclic: { inner: unknown[] } = { inner: [1] }
  cyclic.inner.push(cyclic)
  const cases: [unknown, RegExp][] = [
    [undefined, /^expected a JSON-like value, got undefined$/],
    [() => 1, /^expected a JSON-like value, got a function$/],
    [Symbol('x'), /got a symbol$/],
    [[1, undefined], /^\[1\]: expected a JSON-like value, got undefined$/],
    [new Array(1), /^\[0\]: .* got undefined$/],
    [{ place: { at: [0, new Position()] } }, /^place\.at\[1\]: expected a JSON-like value, got an object of Position$/],
    [{ 'two words': Symbol('x') }, /^\["two words"\]: .* got a symbol$/],
    [{ a: new Map() }, /^a: .* an object of Map$/],
    [{ a: new Set() }, /^a: .* an object of Set$/],
    [{ a: Int8Array.of(1) }, /^a: .* an object of Int8Array$/],
    [{ a: new ArrayBuffer(1) }, /^a: /],
    [{ a: new Error('x') }, /^a: .* an object of Error$/],
    [{ a: new Object(1) }, /^a: .* an object of Number$/],
    [{ a: 'lone \ud800' }, /^a: string: it has a lone surrogate/],
    [{ 'lone \ud800': 1 }, /^\["lone \\ud800"\]: string: it has a lone surrogate/],
    [cyclic, /^inner\[1\]: the value contains itself/],
  ]
  for (const [value, message] of cases) assert.throws(() => Spack.from(value), { name: 'TypeError', message })
})

test('an invalid date, and what is deeper than 512, is a RangeError that says where it is', () => {
  assert.throws(() => Spack.from([new Date(NaN)]), { name: 'RangeError', message: /^\[0\]: date: NaN is no whole/ })
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level += 1) deep = [deep]
  assert.throws(() => Spack.from(deep), { name: 'RangeError', message: /values nest deeper than 512 lists and maps$/ })
})

test('one object in two places is no cycle', () => {
  const shared = { a: 1 }
  assert.deepEqual(roundTrip([shared, { shared }]), [shared, { shared }])
})

test('an error that a getter throws comes out as it is', () => {
  const error = new Error('mine')
  const value = {
    get a(): never {
      throw error
    },
  }
  assert.throws(
    () => Spack.from([value]),
    (thrown) => thrown === error,
  )
})

test('toValue needs a packet of exactly one element, of whatever type', () => {
  for (const spack of [new Spack(), new Spack().integer(1).integer(2)]) {
    assert.throws(() => spack.toValue(), refusal('SPACK_NOT_ONE_VALUE', `one of ${spack.length}`))
  }
  assert.equal(new Spack().float32(0.5).toValue(), 0.5)
  assert.deepEqual(new Spack().integers([1, 2]).toValue(), [1, 2])
})

test('the extended types chain like the others; values gives what they stand for, elements how they travel', () => {
  const spack = new Spack()
    .null()
    .boolean(false)
    .bigint(5n)
    .date(new Date(7))
    .date(8)
    .list([1, [new Date(9)]])
    .map({ a: null, b: undefined })
  assert.deepEqual(spack.values(), [null, false, 5n, new Date(7), new Date(8), [1, [new Date(9)]], { a: null }])
  assert.deepEqual(spack.elements, [
    { type: 'null', value: null },
    { type: 'boolean', value: false },
    { type: 'bigint', value: 5n },
    { type: 'date', value: 7 },
    { type: 'date', value: 8 },
    {
      type: 'list',
      value: [
        { type: 'integer', value: 1 },
        { type: 'list', value: [{ type: 'date', value: 9 }] },
      ],
    },
    { type: 'map', value: new Map([['a', { type: 'null', value: null }]]) },
  ])
})

test('a list and a map of other packets keep the types of their elements, and any order of keys', () => {
  const spack = new Spack().list(new Spack().byte(1).float32(0.5)).map(
    new Map([
      ['b', new Spack().byte(1)],
      ['1', new Spack().list(new Spack().integers([2]))],
    ]),
  )
  const decoded = decode(encode(spack, compact), compact)
  assert.deepEqual(decoded, spack)
  assert.deepEqual([...(decoded.elements[1]!.value as Map<string, unknown>).keys()], ['b', '1'])
  assert.deepEqual(decoded.values(), [[1, 0.5], { b: 1, 1: [[2]] }])
})

test('a date that is changed after it was pushed has not changed in the packet', () => {
  const date = new Date(1)
  const spack = Spack.from([date])
  date.setTime(NaN)
  assert.deepEqual(roundTrip(spack.toValue()), [new Date(1)])
})

test('the wrong kind of value for an extended type names the type', () => {
  const cases: [() => unknown, string, RegExp][] = [
    [() => new Spack().push(undefined as never, 'null'), 'TypeError', /^null: expected null, got undefined$/],
    [() => new Spack().boolean(1 as never), 'TypeError', /^boolean: expected a boolean, got a number$/],
    [() => new Spack().bigint(1 as never), 'TypeError', /^bigint: expected a bigint, got a number$/],
    [() => new Spack().date('now' as never), 'TypeError', /^date: expected a Date, or its milliseconds, got a string$/],
    [() => new Spack().date(1.5), 'RangeError', /^date: 1.5 is no whole number/],
    [() => new Spack().date(8.64e15 + 1000), 'RangeError', /^date: /],
    [() => new Spack().list({} as never), 'TypeError', /^list: expected an array or a Spack, got an object of Object$/],
    [() => new Spack().list([() => 1]), 'TypeError', /^\[0\]: expected a JSON-like value, got a function$/],
    [() => new Spack().map([]), 'TypeError', /^map: expected an object or a Map, got an object of Array$/],
    [() => new Spack().map(null as never), 'TypeError', /^map: expected an object or a Map, got null$/],
    [() => new Spack().map(new Map([['a', 1]])), 'TypeError', /^map: expected for each key .* got a number$/],
    [
      () => new Spack().map(new Map([['a', new Spack()]])),
      'TypeError',
      /a Spack of one element, got an object of Spack/,
    ],
    [() => new Spack().map(new Map([[1, new Spack().null()]])), 'TypeError', /^string: expected a string/],
  ]
  for (const [run, name, message] of cases) assert.throws(run, { name, message })
})
