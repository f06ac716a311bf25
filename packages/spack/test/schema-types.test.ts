// What is proved here is proved by the compiler: `npm run types` fails where a type is not what it must be.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonLike } from '@stalk/spack'
import {
  any,
  bigint,
  boolean,
  bytes,
  date,
  enumeration,
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

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- how types are compared exactly
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only for true. */
type Proof<T extends true> = T

const Reading = schema({
  seq: integer,
  at: float64,
  name: string,
  samples: float64Array,
  tags: optional(list(string)),
  place: struct({ lat: float64, note: optional(string) }),
  state: union({ idle: nothing, moving: struct({ speed: float64 }) }),
})
type Reading = Infer<typeof Reading>

const Rest = schema({
  a: bigint,
  b: boolean,
  c: bytes,
  d: date,
  e: enumeration('red', 'green'),
  f: nullable(integer),
  g: map(list(integer)),
  h: any,
  i: integerArray,
})

test('the type of a value is inferred from the schema, optional fields as optional members', () => {
  const place = struct({ lat: float64 })
  const proofs: [
    Proof<Equal<Reading['seq'], number>>,
    Proof<Equal<Reading['samples'], Float64Array>>,
    Proof<Equal<Reading['tags'], string[] | undefined>>,
    Proof<Equal<Reading['place'], { lat: number; note?: string | undefined }>>,
    Proof<Equal<Reading['state'], { type: 'idle'; value: null } | { type: 'moving'; value: { speed: number } }>>,
    Proof<
      Equal<
        Reading,
        {
          seq: number
          at: number
          name: string
          samples: Float64Array
          tags?: string[] | undefined
          place: { lat: number; note?: string | undefined }
          state: { type: 'idle'; value: null } | { type: 'moving'; value: { speed: number } }
        }
      >
    >,
    Proof<
      Equal<
        Infer<typeof Rest>,
        {
          a: bigint
          b: boolean
          c: Uint8Array
          d: Date
          e: 'red' | 'green'
          f: number | null
          g: Record<string, number[]>
          h: JsonLike
          i: number[]
        }
      >
    >,
    Proof<Equal<Infer<typeof place>, { lat: number }>>,
  ] = [true, true, true, true, true, true, true, true]
  assert.ok(proofs.every(Boolean))
  assert.deepEqual([Reading.form.length > 0, Rest.form.length > 0, place.form[0]], [true, true, 'struct'])
})

test('encode takes that type, decode gives it, and the type of a union narrows its value', () => {
  const proofs: [
    Proof<Equal<ReturnType<typeof Reading.decode>, Reading>>,
    Proof<Equal<Parameters<typeof Reading.encode>, [value: Reading]>>,
  ] = [true, true]
  assert.ok(proofs.every(Boolean))
  const speed = ({ state }: Reading): number => (state.type === 'moving' ? state.value.speed : 0)
  const One = schema({ x: integer, y: optional(integer) })
  assert.equal(One.decode(One.encode({ x: 1 })).x, 1)
  assert.throws(() => speed({} as Reading))
  // @ts-expect-error: a string is no integer
  assert.throws(() => One.encode({ x: '1' }))
  // @ts-expect-error: x is not optional
  assert.throws(() => One.encode({ y: 1 }))
  // @ts-expect-error: only fields can be optional
  assert.throws(() => list(optional(integer)))
  // @ts-expect-error: no such variant
  assert.throws(() => schema({ u: union({ a: integer }) }).encode({ u: { type: 'b', value: 1 } }))
})

test('negative control: types that differ are not taken for equal', () => {
  const never: Equal<{ a?: number }, { a: number | undefined }> = false
  const nor: Equal<number[], readonly number[]> = false
  assert.deepEqual([never, nor], [false, false])
})
