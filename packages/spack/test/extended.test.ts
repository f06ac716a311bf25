import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { decode, encode, Spack, type SpackErrorCode } from '@stalk/spack'
import { compactPacket, fromHex, sealed, toHex } from './support/bytes.js'
import { refusal } from './support/refusal.js'
import { spackOf, type VectorElement } from './support/vectors.js'

const compact = { form: 'compact' } as const
const file = path.resolve(import.meta.dirname, '../../../test-vectors/spack/extended.json')
const { valid, invalid } = JSON.parse(readFileSync(file, 'utf8')) as {
  valid: readonly { name: string; elements: readonly VectorElement[]; hex: string }[]
  invalid: readonly { name: string; hex: string; code: SpackErrorCode }[]
}

/** So many lists inside each other, the innermost empty. */
function nested(depth: number): Spack {
  let spack = new Spack().list([])
  for (let level = 1; level < depth; level += 1) spack = new Spack().list(spack)
  return spack
}

test('the vector file is whole: 25 valid packets, 42 invalid ones', () => {
  assert.equal(valid.length, 25)
  assert.equal(invalid.length, 42)
})

for (const { name, elements, hex } of valid) {
  test(`vector ${name}: these bytes are written, and these elements are read`, () => {
    assert.equal(toHex(encode(spackOf(elements), compact)), hex)
    assert.deepEqual(decode(fromHex(hex), compact), spackOf(elements))
  })
}

for (const { name, hex, code } of invalid) {
  test(`vector ${name}: refused, ${code}`, () => {
    assert.throws(() => decode(fromHex(hex), compact), refusal(code))
  })
}

test('a packet of extended types that is cut at any byte is refused', () => {
  for (const { hex } of valid) {
    const bytes = fromHex(hex)
    for (let end = 0; end < bytes.length; end += 1) {
      assert.throws(() => decode(bytes.subarray(0, end), compact), { name: 'SpackError' })
    }
  }
})

test('the classic form has none of the extended types: encoding names the element, decoding finds the type unknown', () => {
  const spacks = [
    new Spack().null(),
    new Spack().boolean(true),
    new Spack().bigint(1n),
    new Spack().date(0),
    new Spack().list([]),
    new Spack().map({}),
  ]
  for (const extended of spacks) {
    const { type } = extended.elements[0]!
    const spack = new Spack().integer(1).push(extended.elements[0]!.value, type)
    assert.throws(() => encode(spack), refusal('SPACK_EXTENDED_TYPE', `element 1 is a ${type}: the classic form`))
    const [, ...parts] = encode(extended, compact)
    const bytes = sealed(Uint8Array.of(1, parts.length - 1, ...parts))
    assert.throws(() => decode(bytes), refusal('SPACK_UNKNOWN_TYPE'))
  }
})

test('64 lists inside each other pass, 65 are too deep, both ways; the limit can be up to 512 and down to 0', () => {
  const bytes = encode(nested(64), compact)
  assert.deepEqual(decode(bytes, compact), nested(64))
  assert.throws(() => encode(nested(65), compact), refusal('SPACK_TOO_DEEP', 'limit of 64'))
  const deepest = { form: 'compact', limits: { maxDepth: 512 } } as const
  assert.deepEqual(decode(encode(nested(512), deepest), deepest).toValue(), nested(512).toValue())
  assert.throws(() => encode(nested(513), deepest), refusal('SPACK_TOO_DEEP'))
  const flat = { form: 'compact', limits: { maxDepth: 0 } } as const
  assert.throws(() => encode(new Spack().map({}), flat), refusal('SPACK_TOO_DEEP'))
  assert.throws(() => decode(Uint8Array.of(1, 0x31, 0), flat), refusal('SPACK_TOO_DEEP'))
  for (const maxDepth of [513, Infinity, NaN, -1, 1.5]) {
    assert.throws(() => encode(new Spack(), { limits: { maxDepth } }), { name: 'RangeError', message: /maxDepth/ })
  }
})

test('depth is that of the place, not a count of all lists', () => {
  const siblings = new Spack().list(Array.from({ length: 1000 }, () => [[], {}]))
  assert.deepEqual(decode(encode(siblings, compact), compact), siblings)
})

test('elements are counted at whatever depth, both ways', () => {
  const spack = new Spack().integer(1).list([1, [2, 3], { a: 4 }])
  const bytes = encode(spack, compact)
  const exact = { form: 'compact', limits: { maxElements: 8 } } as const
  const tight = { form: 'compact', limits: { maxElements: 7 } } as const
  assert.deepEqual(decode(encode(spack, exact), exact), spack)
  assert.throws(() => encode(spack, tight), refusal('SPACK_TOO_MANY_ELEMENTS'))
  assert.throws(() => decode(bytes, tight), refusal('SPACK_TOO_MANY_ELEMENTS'))
})

test('the limits of strings, arrays and integers hold inside lists and maps, and for keys', () => {
  const cases = [
    [{ maxStringBytes: 2 }, 'SPACK_STRING_TOO_LONG', new Spack().list(['abc'])],
    [{ maxStringBytes: 2 }, 'SPACK_STRING_TOO_LONG', new Spack().map({ abc: 1 })],
    [{ maxByteArrayBytes: 2 }, 'SPACK_ARRAY_TOO_LONG', new Spack().list([new Uint8Array(3)])],
    [{ maxArrayLength: 2 }, 'SPACK_ARRAY_TOO_LONG', new Spack().list([new Float64Array(3)])],
    [{ maxIntegerBytes: 1 }, 'SPACK_INTEGER_TOO_LONG', new Spack().list([64])],
    [{ maxIntegerBytes: 1 }, 'SPACK_INTEGER_TOO_LONG', new Spack().bigint(64n)],
    [{ maxIntegerBytes: 1 }, 'SPACK_INTEGER_TOO_LONG', new Spack().date(64)],
  ] as const
  for (const [limits, code, spack] of cases) {
    assert.throws(() => encode(spack, { form: 'compact', limits }), refusal(code))
    assert.throws(() => decode(encode(spack, compact), { form: 'compact', limits }), refusal(code))
  }
})

test('what a list announces is not taken before its bytes are there: 64 lists of 60,000 entries are refused at the second', () => {
  const announced = 'e0d403'
  assert.throws(
    () => decode(compactPacket('30', `${announced}30${announced}${'20'.repeat(60_000)}`), compact),
    refusal('SPACK_TOO_MANY_ELEMENTS', 'data byte 7'),
  )
})

test('what is refused inside names the byte, and never the content', () => {
  assert.throws(
    () => decode(compactPacket('30', '02 0501 61 2102'), compact),
    refusal('SPACK_BOOLEAN_INVALID', '2, just before data byte 6, is neither of the booleans 0 and 1'),
  )
  assert.throws(
    () => decode(compactPacket('31', '02 0161 20 0161 20'), compact),
    refusal('SPACK_DUPLICATE_KEY', 'the key of a map just before data byte 6 was there before'),
  )
})
