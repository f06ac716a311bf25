// The quick way of a schema gives what the thorough way gives, or nothing at all.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import * as kinds from '@stalk/spack/schema'
import { compilePacket } from '#src/compile-packet.js'
import { defaultSpackLimits } from '#src/limits.js'
import { StructLayout } from '#src/struct-kind.js'

const flat: readonly (readonly [kinds.Kind<unknown>, fc.Arbitrary<unknown>])[] = [
  [kinds.integer, fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9000, max: 9000 }), fc.constant(-0))],
  [kinds.float32, fc.oneof(fc.float(), fc.double())],
  [kinds.float64, fc.double()],
  [kinds.byte, fc.integer({ min: -1, max: 256 })],
  [kinds.boolean, fc.boolean()],
  [kinds.string, fc.oneof(fc.string({ maxLength: 100 }), fc.string({ unit: 'binary', maxLength: 100 }))],
  [kinds.bytes, fc.uint8Array({ maxLength: 200 })],
  [kinds.float32Array, fc.float32Array({ maxLength: 20 })],
  [kinds.float64Array, fc.float64Array({ maxLength: 20 })],
  [kinds.integerArray, fc.array(fc.maxSafeInteger(), { maxLength: 80 })],
] as const
const odd = fc.oneof(fc.anything(), fc.constantFrom(2 ** 53, 0.5, '\ud800', new Uint8Array(9000), 'x'.repeat(9000)))

const subjects = fc.array(fc.constantFrom(...flat), { maxLength: 8 }).chain((pairs) =>
  fc.record({
    pairs: fc.constant(pairs),
    values: fc.array(fc.tuple(...pairs.map(([, value]) => fc.oneof({ weight: 40, arbitrary: value }, odd))), {
      minLength: 1,
      maxLength: 6,
    }),
    offset: fc.nat(20),
    damage: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 }),
    cut: fc.nat(3),
  }),
)

/** What comes of a call: a value, or the error as it is told. */
function outcome(call: () => unknown): unknown {
  try {
    return { value: call() }
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

test('whatever the values, bytes and places: quick and thorough say the same', () => {
  let [written, read] = [0, 0]
  fc.assert(
    fc.property(subjects, ({ pairs, values, offset, damage, cut }) => {
      const fields = Object.fromEntries(pairs.map(([kind], index) => [`f${index}`, kind]))
      const quick = kinds.schema(fields)
      // nobody knows these kinds, so there is no quick way for them
      const thorough = kinds.schema(Object.fromEntries(pairs.map(([kind], index) => [`f${index}`, { ...kind }])))
      const compiled = compilePacket(new StructLayout(fields).fields, defaultSpackLimits)!
      for (const members of values) {
        const value = Object.fromEntries(members.map((member, index) => [`f${index}`, member]))
        const expected = outcome(() => thorough.encode(value))
        assert.deepEqual(
          outcome(() => quick.encode(value)),
          expected,
        )
        const target = new Uint8Array(4000).fill(7)
        const end = outcome(() => compiled.write(value, target, offset)) as { readonly value: number }
        if (typeof expected === 'string') {
          assert.equal(end.value, -1)
          continue
        }
        const { value: packet } = expected as { readonly value: Uint8Array }
        if (end.value >= 0) assert.deepEqual(target.slice(offset, end.value), packet)
        if (end.value >= 0) written += 1
        const into = outcome(() => quick.encodeInto(value, target, offset)) as { readonly value: number | Uint8Array }
        assert.deepEqual(typeof into.value === 'number' ? target.slice(offset, into.value) : into.value, packet)
        assert.ok(target.subarray(0, offset).every((byte) => byte === 7))

        const bytes = packet.slice(0, packet.length - (cut > 1 ? cut : 0))
        for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte
        const decoded = outcome(() => thorough.decode(bytes))
        assert.deepEqual(
          outcome(() => quick.decode(bytes)),
          decoded,
        )
        // others beside it change nothing
        const among = new Uint8Array(offset + bytes.length + 9).fill(0xff)
        among.set(bytes, offset)
        assert.deepEqual(
          outcome(() => quick.decodeFrom(among, offset, offset + bytes.length)),
          decoded,
        )
        assert.deepEqual(
          outcome(() => quick.decodeFrom(among, offset, offset + bytes.length, false)),
          decoded,
        )
        if (compiled.read(bytes, 0, bytes.length, true) !== undefined) read += 1
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(written > 1000 && read > 1000, `${written} were written and ${read} read the quick way`)
})

test('what nobody writes is refused as the thorough way refuses it: numbers that are too long, negative lengths, what is cut or left over', () => {
  const fields = { n: kinds.integer, name: kinds.string, on: kinds.boolean, list: kinds.integerArray }
  const quick = kinds.schema(fields)
  const refused: readonly (readonly [types: readonly number[], data: readonly number[], code: string])[] = [
    [[1, 5, 0x82, 0, 0x21, 0x10, 1, 0], [7, 104, 105, 1], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 0x80, 0], [7, 104, 105, 1], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [0x87, 0, 104, 105, 1], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [0xff, 0x7f, 104, 105, 1], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [0x80, 0x80, 0x80, 0, 104, 105, 1], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 1], [7, 104, 105, 1, 0xc0, 0x7f], 'SPACK_NONCANONICAL'],
    [[1, 5, 2, 0x21, 0x10, 1, 1], [7, 104, 105, 1, 0x87, 0], 'SPACK_NONCANONICAL'],
    [[1, 5, 0x7e, 0x21, 0x10, 1, 0], [7, 104, 105, 1], 'SPACK_NEGATIVE_LENGTH'],
    [[1, 5, 0x82, 0x40, 0x21, 0x10, 1, 0], [7, 104, 105, 1], 'SPACK_NEGATIVE_LENGTH'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [7, 104, 105, 2], 'SPACK_BOOLEAN_INVALID'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [7, 0xc3, 0x28, 1], 'SPACK_INVALID_UTF8'],
    [[1, 5, 2, 0x21, 0x10, 1, 5], [7, 104, 105, 1], 'SPACK_DATA_TRUNCATED'],
    [[1, 5, 9, 0x21, 0x10, 1, 0], [7, 104, 105, 1], 'SPACK_DATA_TRUNCATED'],
    [[1, 5, 2, 0x21, 0x10], [7, 104, 105, 1], 'SPACK_FIELD_MISSING'],
    [[1, 5, 2, 0x21], [7, 104, 105, 1], 'SPACK_FIELD_MISSING'],
    [[1, 5, 2, 0x21, 0x10, 1, 0], [7, 104, 105, 1, 0], 'SPACK_DATA_UNUSED'],
  ]
  assert.deepEqual(quick.decode(Uint8Array.of(7, 1, 5, 2, 0x21, 0x10, 1, 0, 7, 104, 105, 1)), {
    n: 7,
    name: 'hi',
    on: true,
    list: [],
  })
  for (const [types, data, code] of refused) {
    const packet = Uint8Array.of(types.length, ...types, ...data)
    assert.throws(() => quick.decode(packet), { code }, `${types.join(' ')} | ${data.join(' ')}`)
    const among = Uint8Array.of(9, ...packet, 1, 2, 3, 4, 5)
    assert.throws(() => quick.decodeFrom(among, 1, 1 + packet.length), { code })
  }
})

test('lengths that change from packet to packet: types that had more room than they need, and less', () => {
  const packet = kinds.schema({ name: kinds.string, payload: kinds.bytes })
  const target = new Uint8Array(4000)
  for (const length of [5, 70, 5, 9000, ...new Array<number>(20).fill(3), 70, 1]) {
    const value = { name: 'n'.repeat(length % 90), payload: new Uint8Array(length).fill(1) }
    const end = packet.encodeInto(value, target, 10)
    const bytes = typeof end === 'number' ? target.slice(10, end) : end
    assert.deepEqual(bytes, packet.encode(value).slice())
    assert.deepEqual(packet.decode(bytes), value)
  }
})

test('a value is the reader’s own: bytes that are overwritten afterwards change nothing', () => {
  const packet = kinds.schema({ small: kinds.bytes, large: kinds.bytes, floats: kinds.float64Array })
  const value = { small: Uint8Array.of(1, 2), large: new Uint8Array(500).fill(3), floats: Float64Array.of(0.5, 1.5) }
  const bytes = packet.encode(value).slice()
  const decoded = packet.decode(bytes)
  bytes.fill(0)
  assert.deepEqual(decoded, value)
})

test('a place that there is not is a RangeError', () => {
  const packet = kinds.schema({ a: kinds.integer })
  for (const offset of [-1, 11, Number.NaN, 1.5]) {
    assert.throws(() => packet.encodeInto({ a: 1 }, new Uint8Array(10), offset), RangeError)
  }
  for (const [start, end] of [
    [-1, 3],
    [2, 1],
    [0, 11],
    [Number.NaN, 3],
    [0.5, 3],
  ] as const) {
    assert.throws(() => packet.decodeFrom(new Uint8Array(10), start, end), RangeError)
  }
})

test('without code made of strings, for optional fields and for kinds of more than one shape there is only the thorough way', () => {
  const fieldsOf = (fields: kinds.Fields) => new StructLayout(fields).fields
  assert.equal(compilePacket(fieldsOf({ a: kinds.optional(kinds.integer) }), defaultSpackLimits), null)
  assert.equal(compilePacket(fieldsOf({ a: kinds.list(kinds.integer) }), defaultSpackLimits), null)
  assert.equal(compilePacket(fieldsOf({ a: kinds.integer }), { ...defaultSpackLimits, maxIntegerBytes: 7 }), null)
  assert.notEqual(compilePacket(fieldsOf({ a: kinds.integer }), defaultSpackLimits), null)
  const { Function: original } = globalThis
  globalThis.Function = function refuse() {
    throw new EvalError('no code of strings')
  } as unknown as FunctionConstructor
  try {
    assert.equal(compilePacket(fieldsOf({ a: kinds.integer }), defaultSpackLimits), null)
  } finally {
    globalThis.Function = original
  }
})
