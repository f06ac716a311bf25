import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  decode,
  decodeFrom,
  encode,
  encodeInto,
  Spack,
  SpackError,
  type ElementInput,
  type SpackForm,
} from '@stalk/spack'
import { concat, sealed } from './support/bytes.js'
import { readChunks } from './support/chunked.js'
import { hasNaN } from './support/floats.js'

const integer = fc.oneof(fc.maxSafeInteger(), fc.bigInt(), fc.integer({ min: -70, max: 70 }))
const string = fc.string({ unit: 'binary', maxLength: 60 })

function element(minLength: number): fc.Arbitrary<ElementInput> {
  const floats = { minLength, maxLength: 20 }
  return fc.oneof(
    fc.tuple(fc.constant('integer' as const), integer),
    fc.tuple(fc.constant('float32' as const), fc.float()),
    fc.tuple(fc.constant('float64' as const), fc.double()),
    fc.tuple(fc.constant('byte' as const), fc.nat(255)),
    fc.tuple(fc.constant('string' as const), string),
    fc.tuple(fc.constant('integer[]' as const), fc.array(integer, floats)),
    fc.tuple(fc.constant('float32[]' as const), fc.float32Array(floats)),
    fc.tuple(fc.constant('float64[]' as const), fc.float64Array(floats)),
    fc.tuple(fc.constant('byte[]' as const), fc.uint8Array({ maxLength: 200 })),
  )
}

const extended = fc.letrec<{ element: ElementInput }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    element(0),
    fc.constant(['null', null] as const),
    fc.tuple(fc.constant('boolean' as const), fc.boolean()),
    fc.tuple(fc.constant('bigint' as const), fc.bigInt()),
    fc.tuple(fc.constant('date' as const), fc.date({ noInvalidDate: true })),
    fc.tuple(
      fc.constant('list' as const),
      fc.array(tie('element'), { maxLength: 5 }).map((inputs) => Spack.of(...inputs)),
    ),
    fc.tuple(
      fc.constant('map' as const),
      fc
        .array(fc.tuple(string, tie('element')), { maxLength: 5 })
        .map((members) => new Map(members.map(([key, input]) => [key, Spack.of(input)]))),
    ),
  ),
})).element

function packet(form: SpackForm): fc.Arbitrary<Spack> {
  const elements = fc.array(form === 'classic' ? element(1) : extended, { maxLength: 12 })
  return elements.map((inputs) => Spack.of(...inputs))
}

/** Decodes what may be anything: null for a refusal, which must be a SpackError. */
function attempt(bytes: Uint8Array, form: SpackForm): Spack | null {
  try {
    return decode(bytes, { form })
  } catch (error) {
    if (error instanceof SpackError) return null
    throw error
  }
}

/** That what was accepted is what we would write; only of NaN there are many, and one that we write. */
function assertCanonical(bytes: Uint8Array, decoded: Spack, form: SpackForm): void {
  const again = encode(decoded, { form })
  if (hasNaN(decoded)) assert.deepEqual(encode(decode(again, { form }), { form }), again)
  else assert.deepEqual(again, bytes)
}

/** Types and data that are near to right, in both forms; the classic one with the right hash. */
const nearPackets = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom([1], [2], [3], [4], [5, 0], [5, 2], [5, 0x7f], [16, 1, 1], [16, 2, 1], [16, 3, 0], [16, 4, 3]),
        fc.constantFrom([0x20], [0x21], [0x22], [0x23], [0x30], [0x31]),
        fc.uint8Array({ maxLength: 3 }).map((bytes) => [...bytes]),
      ),
      { maxLength: 6 },
    ),
    fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(0x7f), { maxLength: 20 })),
  )
  .map(([types, data]) => [types.flat(), [...data]] as const)

for (const form of ['classic', 'compact'] as const) {
  test(`${form}: any packet comes back as it was, and a second encoding gives the same bytes`, () => {
    fc.assert(
      fc.property(packet(form), (spack) => {
        const bytes = encode(spack, { form })
        const decoded = decode(bytes, { form })
        assert.deepEqual(decoded, spack)
        assert.deepEqual(encode(decoded, { form }), bytes)
      }),
      { numRuns: 500 },
    )
  })

  test(`${form}: whatever is accepted has one encoding, whatever is refused is refused with a SpackError`, () => {
    let accepted = 0
    fc.assert(
      fc.property(nearPackets, ([types, data]) => {
        const sizes = form === 'classic' ? [types.length, data.length] : [types.length]
        const content = Uint8Array.from([...sizes, ...types, ...data])
        const bytes = form === 'classic' ? sealed(content) : content
        const decoded = attempt(bytes, form)
        if (decoded === null) return
        accepted += 1
        assertCanonical(bytes, decoded, form)
      }),
      { numRuns: 5000 },
    )
    assert.ok(accepted > 50, `only ${accepted} packets were accepted: the generator is of no use`)
  })

  test(`${form}: a valid packet with one byte changed, hash mended, is refused or has one encoding`, () => {
    fc.assert(
      fc.property(packet(form), fc.nat(), fc.nat(255), (spack, position, value) => {
        const content = encode(spack, { form }).slice(form === 'classic' ? 32 : 0)
        content[position % content.length] = value
        const bytes = form === 'classic' ? sealed(content) : content
        const decoded = attempt(bytes, form)
        if (decoded !== null) assertCanonical(bytes, decoded, form)
      }),
      { numRuns: 1000 },
    )
  })

  test(`${form}: random bytes give nothing but SpackError or a packet`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        attempt(bytes, form)
        attempt(sealed(bytes), form)
      }),
      { numRuns: 1000 },
    )
  })
}

test('any packets in any chunks come out of a stream as they were', () => {
  fc.assert(
    fc.property(
      fc.array(packet('classic'), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 90 })),
      (spacks, sizes) => {
        let rest = concat(...spacks.map((spack) => encode(spack)))
        const chunks = []
        for (const size of sizes) {
          chunks.push(rest.subarray(0, size))
          rest = rest.subarray(size)
        }
        assert.deepEqual(readChunks([...chunks, rest]), { packets: spacks, left: 0 })
      },
    ),
  )
})

/** The compact form by the way that takes everything: of the packet with one more element, for which there is no quick way, without that. */
function thoroughly(spack: Spack): Uint8Array {
  const longer = encode(Spack.of(...pairs(spack), ['bigint', 0n]), { form: 'compact' })
  const [typesBytes, typesStart] = longer[0]! < 0x80 ? [longer[0]!, 1] : [(longer[0]! & 0x7f) + 128 * longer[1]!, 2]
  const types = longer.subarray(typesStart, typesStart + typesBytes - 1)
  const size = types.length < 0x80 ? [types.length] : [(types.length & 0x7f) | 0x80, types.length >> 7]
  return concat(Uint8Array.from(size), types, longer.subarray(typesStart + typesBytes, -1))
}

function pairs(spack: Spack): ElementInput[] {
  return spack.elements.map(({ type, value }) => [type, value] as ElementInput)
}

const flat = fc.oneof(
  { arbitrary: fc.tuple(fc.constant('integer' as const), integer), weight: 2 },
  fc.tuple(fc.constant('float32' as const), fc.float()),
  fc.tuple(fc.constant('float64' as const), fc.double()),
  fc.tuple(fc.constant('byte' as const), fc.nat(255)),
  fc.tuple(fc.constant('boolean' as const), fc.boolean()),
  fc.constant(['null', null] as const),
  fc.tuple(fc.constant('string' as const), fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 45 }), string)),
  fc.tuple(fc.constant('byte[]' as const), fc.uint8Array({ maxLength: 200 })),
  fc.tuple(fc.constant('integer[]' as const), fc.array(integer, { maxLength: 20 })),
  fc.tuple(fc.constant('float32[]' as const), fc.float32Array({ maxLength: 20 })),
  fc.tuple(fc.constant('float64[]' as const), fc.float64Array({ maxLength: 20 })),
)

test('packets of numbers, texts, bytes and arrays of these, which have a way of their own, are written as all others are, wherever they are put', () => {
  let inPlace = 0
  const inputs = fc.array(flat, { maxLength: 40 })
  fc.assert(
    fc.property(inputs, fc.nat(50), fc.nat(3000), (elements, offset, room) => {
      const spack = Spack.of(...elements)
      const expected = thoroughly(spack)
      assert.deepEqual(encode(spack, { form: 'compact' }), expected)
      const target = new Uint8Array(offset + room).fill(7)
      const end = encodeInto(spack, target, offset)
      assert.deepEqual(typeof end === 'number' ? target.slice(offset, end) : end, expected)
      assert.ok(target.subarray(0, offset).every((byte) => byte === 7))
      if (typeof end === 'number') inPlace += 1
    }),
    { numRuns: 2000 },
  )
  assert.ok(inPlace > 500, `${inPlace} were written in place`)
})

test('any packet is written and read in the middle of other bytes; byte arrays are copies unless views are asked for', () => {
  fc.assert(
    fc.property(packet('compact'), fc.nat(20), (spack, offset) => {
      const bytes = encode(spack, { form: 'compact' })
      const among = new Uint8Array(offset + bytes.length + 5).fill(0xff)
      const end = encodeInto(spack, among, offset)
      if (typeof end === 'number') assert.equal(end, offset + bytes.length)
      else assert.deepEqual(end, bytes)
      among.set(bytes, offset)
      for (const copy of [true, false]) {
        const read = decodeFrom(among, offset, offset + bytes.length, { copy })
        if (!hasNaN(spack)) assert.deepEqual(read.elements, spack.elements)
        for (const { type, value } of read.elements) {
          if (type === 'byte[]') assert.equal(value.buffer === among.buffer, !copy)
        }
      }
    }),
  )
  for (const [start, end] of [
    [-1, 2],
    [0, 9],
    [3, 2],
    [0.5, 2],
  ] as const) {
    assert.throws(() => decodeFrom(new Uint8Array(8), start, end), RangeError)
  }
  for (const offset of [-1, 9, 0.5]) assert.throws(() => encodeInto(new Spack(), new Uint8Array(8), offset), RangeError)
  assert.throws(
    () => encodeInto(new Spack().string('abc'), new Uint8Array(99), 0, { limits: { maxStringBytes: 2 } }),
    SpackError,
  )
})

test('an array that lies about its length is a TypeError: nothing of the memory behind it is written', () => {
  class Longer extends Uint8Array {
    override get length(): number {
      return 64
    }
  }
  const memory = new Uint8Array(200).fill(9)
  const bytes = new Longer(new ArrayBuffer(4))
  assert.throws(() => encodeInto(new Spack().bytes(bytes), memory, 0), TypeError)
  assert.throws(() => encode(new Spack().bytes(bytes), { form: 'compact' }), TypeError)
})
