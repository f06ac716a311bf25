import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpackError } from '#src/index.js'
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
  kindOf,
  list,
  map,
  nothing,
  nullable,
  optional,
  schema,
  string,
  struct,
  union,
  type KindForm,
} from '#src/schema.js'

const all = struct({
  ...{ any, bigint, boolean, byte, bytes, date, float32, float32Array, float64, float64Array, integer, integerArray },
  nothing,
  string,
  colour: enumeration('red', 'green'),
  list: list(list(integer)),
  map: map(nullable(string)),
  union: union({ none: nothing, some: struct({ constructor_: integer }) }),
  perhaps: optional(string),
})

test('the kind of a form has the same form, and reads and writes the same bytes', () => {
  const described = kindOf(JSON.parse(JSON.stringify(all.form)) as KindForm)
  assert.equal(JSON.stringify(described.form), JSON.stringify(all.form))
  const value = {
    ...{ any: [1, 'a', null], bigint: 5n, boolean: true, byte: 7, bytes: Uint8Array.of(1), date: new Date(5) },
    ...{ float32: 0.5, float32Array: Float32Array.of(1), float64: 0.1, float64Array: Float64Array.of(2) },
    ...{ integer: -1, integerArray: [1, 2], nothing: null, string: 'x', colour: 'red' as const },
    ...{ list: [[1], []], map: { a: null, b: 'c' }, union: { type: 'some' as const, value: { constructor_: 3 } } },
  }
  const bytes_ = schema({ value: all }).encode({ value })
  assert.deepEqual(schema({ value: described }).encode({ value }), bytes_)
  assert.deepEqual(schema({ value: described }).decode(bytes_), { value })
  assert.throws(() => schema({ value: described }).encode({ value: { ...value, byte: 256 } }), /value\.byte: /u)
})

test('what is no canonical form is SPACK_FORM_INVALID, whatever it is', () => {
  const deep = (count: number): KindForm =>
    JSON.parse('["list",'.repeat(count) + '"any"' + ']'.repeat(count)) as KindForm
  assert.equal(JSON.stringify(kindOf(deep(500)).form), JSON.stringify(deep(500)))
  const wrong: unknown[] = [
    ...['', 'int', 'toString', null, 5, {}, [], ['list'], ['list', 'any', 'any'], ['lists', 'any'], [['any']]],
    ...[
      ['map', 5],
      ['nullable', 'null'],
      ['enumeration'],
      ['enumeration', 'b', 'a'],
      ['enumeration', 'a', 'a'],
      ['enumeration', 5],
    ],
    ...[
      ['union', []],
      [
        'union',
        [
          ['b', 'any'],
          ['a', 'any'],
        ],
      ],
      [
        'union',
        [
          ['a', 'any'],
          ['a', 'any'],
        ],
      ],
      ['union', {}],
    ],
    ...[
      ['struct', [['a']]],
      ['struct', [[5, 'any']]],
      [
        'struct',
        [
          ['a', 'any'],
          ['a', 'any'],
        ],
      ],
      ['struct', 'any'],
    ],
    ...[
      ['struct', [['__proto__', 'any']]],
      ['struct', [['1', 'any']]],
      ['struct', [['a', ['optional', ['nullable', 'any']]]]],
    ],
    ...[['optional', 'any'], deep(513), ['struct', Array.from({ length: 10_001 }, (_, index) => [`f${index}`, 'any'])]],
  ]
  for (const form of wrong) {
    const isFormInvalid = (error: unknown): boolean =>
      error instanceof SpackError && error.code === 'SPACK_FORM_INVALID'
    assert.throws(() => kindOf(form as KindForm), isFormInvalid, JSON.stringify(form).slice(0, 100))
  }
})

test('a form that is no kind is refused however deep or long it is, in a message of a few words', () => {
  const nested = (count: number): unknown => JSON.parse('['.repeat(count) + ']'.repeat(count))
  const [deep, long] = [nested(100_000), 'x'.repeat(1_000_000)]
  for (const form of [deep, [deep], ['list', deep], ['list', 'any', deep], ['struct', [['a', deep]]], long, [long]]) {
    assert.throws(
      () => kindOf(form as KindForm),
      (error: unknown) =>
        error instanceof SpackError && error.code === 'SPACK_FORM_INVALID' && error.message.length < 300,
    )
  }
})

test('no code is made of a form, whose names may be anything', () => {
  const name = '"]; throw new Error(1); x["\u2028'
  const kind = kindOf(['struct', [[name, 'integer']]])
  assert.deepEqual(schema({ value: kind }).decode(schema({ value: kind }).encode({ value: { [name]: 5 } })), {
    value: { [name]: 5 },
  })
})
