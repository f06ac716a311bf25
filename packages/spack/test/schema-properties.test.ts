import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { decode, encode, Spack, SpackError } from '@stalk/spack'
import * as kinds from '@stalk/spack/schema'
import { generate, interpret, type Field } from '#src/compile-struct.js'
import { PacketBuffer } from '#src/packet-buffer.js'
import { Reader } from '#src/reader.js'
import { defaultSpackLimits } from '#src/limits.js'

/** A kind with values of it. */
interface Pair {
  readonly kind: kinds.Kind<unknown>
  readonly values: fc.Arbitrary<unknown>
}

const name = fc.oneof(fc.constantFrom('a', 'b', 'constructor'), fc.string({ unit: 'binary' }))
const scalars: readonly Pair[] = [
  { kind: kinds.integer, values: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -70, max: 70 })) },
  { kind: kinds.bigint, values: fc.bigInt() },
  { kind: kinds.float32, values: fc.float() },
  { kind: kinds.float64, values: fc.double() },
  { kind: kinds.byte, values: fc.nat(255) },
  { kind: kinds.boolean, values: fc.boolean() },
  { kind: kinds.date, values: fc.date({ noInvalidDate: true }) },
  { kind: kinds.string, values: fc.string({ unit: 'binary', maxLength: 100 }) },
  { kind: kinds.bytes, values: fc.uint8Array({ maxLength: 100 }) },
  { kind: kinds.float32Array, values: fc.float32Array() },
  { kind: kinds.float64Array, values: fc.float64Array() },
  { kind: kinds.integerArray, values: fc.array(fc.maxSafeInteger()) },
  { kind: kinds.enumeration('x', 'y'), values: fc.constantFrom('x', 'y') },
]

const pairs = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...scalars),
    tie('pair').map(({ kind, values }) => ({ kind: kinds.list(kind), values: fc.array(values, { maxLength: 4 }) })),
    tie('pair').map(({ kind, values }) => ({
      kind: kinds.map(kind),
      values: fc.dictionary(fc.oneof(name, fc.constant('__proto__')), values, { maxKeys: 4, noNullPrototype: true }),
    })),
    fc.tuple(tie('pair'), tie('pair')).map(([a, b]) => ({
      kind: kinds.union({ a: a.kind, b: b.kind }),
      values: fc.oneof(
        fc.record({ type: fc.constant('a'), value: a.values }, { noNullPrototype: true }),
        fc.record({ type: fc.constant('b'), value: b.values }, { noNullPrototype: true }),
      ),
    })),
    fields(tie('pair')).map(({ schema, values }) => ({
      kind: kinds.struct(schema),
      values,
    })),
  ),
})).pair

function fields(
  pair: fc.Arbitrary<Pair>,
): fc.Arbitrary<{ schema: kinds.Fields; values: fc.Arbitrary<Record<string, unknown>> }> {
  const allowed = name.filter((text) => !(text in Object.prototype || /^\d+$/u.test(text)))
  return fc.dictionary(allowed, fc.tuple(pair, fc.boolean()), { maxKeys: 5, noNullPrototype: true }).map((entries) => ({
    schema: Object.fromEntries(
      Object.entries(entries).map(([key, [{ kind }, optional]]) => [key, optional ? kinds.optional(kind) : kind]),
    ),
    values: fc.record(Object.fromEntries(Object.entries(entries).map(([key, [{ values }]]) => [key, values])), {
      requiredKeys: Object.keys(entries).filter((key) => !entries[key]![1]),
      noNullPrototype: true,
    }),
  }))
}

const schemasWithValues = fields(pairs).chain(({ schema, values }) => fc.tuple(fc.constant(schema), values))

test('any value of any schema comes back as it was, and its bytes are those of the packet', () => {
  fc.assert(
    fc.property(schemasWithValues, ([description, value]) => {
      const Any = kinds.schema(description)
      const bytes = Any.encode(value)
      assert.deepEqual(Any.decode(bytes), value)
      const spack = decode(bytes, { form: 'compact' })
      assert.deepEqual(encode(spack, { form: 'compact' }), new Uint8Array(bytes))
    }),
    { numRuns: 500 },
  )
})

test('the code that is made for a struct and the loops in its place do the same', () => {
  fc.assert(
    fc.property(schemasWithValues, ([description, value]) => {
      const list: Field[] = Object.entries(description).map(([key, field]) =>
        'kind' in field ? { name: key, kind: field.kind, optional: true } : { name: key, kind: field, optional: false },
      )
      // whatever is missing would be null in between: here all fields that there are come first, and nothing is missing
      const present = list.filter(({ name: key }) => Object.hasOwn(value, key))
      const results = [generate(present, present.length), interpret(present, present.length)].map((compiled) => {
        const buffer = new PacketBuffer()
        buffer.begin(100, defaultSpackLimits)
        compiled!.write(buffer.types, buffer.data, value, present.length)
        const types = new Reader('types').begin(buffer.types.buffer, 0, buffer.types.offset, defaultSpackLimits)
        const data = new Reader('data').begin(
          buffer.data.buffer,
          buffer.data.start + 100,
          buffer.data.offset,
          defaultSpackLimits,
        )
        const read = compiled!.read(types, data, present.length)
        return [new Uint8Array(buffer.finish()), read]
      })
      assert.deepEqual(results[0], results[1])
      assert.deepEqual(results[0]![1], value)
    }),
    { numRuns: 300 },
  )
})

test('where no code may be made of strings the loops are taken, and name the place of what does not fit as the code does', () => {
  const makeBoth = (): kinds.Schema<{ a: number; b: { c: string } }>[] => {
    const make = (): kinds.Schema<{ a: number; b: { c: string } }> =>
      kinds.schema({ a: kinds.integer, b: kinds.struct({ c: kinds.string }) })
    const generated = make()
    const { Function: original } = globalThis
    globalThis.Function = function refuse() {
      throw new EvalError('no code of strings')
    } as unknown as FunctionConstructor
    try {
      assert.equal(generate([], 0), null)
      return [generated, make()]
    } finally {
      globalThis.Function = original
    }
  }
  const value = { a: 1, b: { c: 'x' } }
  for (const One of makeBoth()) {
    assert.deepEqual(One.decode(One.encode(value)), value)
    assert.throws(() => One.encode({ a: 1, b: { c: 2 as never } }), { message: 'b.c: expected a string, got a number' })
    assert.throws(() => One.fromSpack(new Spack().integer(1).list([2])), { code: 'SPACK_SCHEMA_MISMATCH', path: 'b.c' })
  }
})

test('bytes with one changed are refused with a SpackError or read, and what is read without a schema is as well', () => {
  fc.assert(
    fc.property(schemasWithValues, fc.nat(), fc.nat(255), ([description, value], position, byte) => {
      const Any = kinds.schema(description)
      const bytes = Any.encode(value).slice()
      bytes[position % bytes.length] = byte
      try {
        Any.decode(bytes)
      } catch (error) {
        if (error instanceof SpackError) return
        throw error
      }
      decode(bytes, { form: 'compact' })
    }),
    { numRuns: 600 },
  )
})
