import assert from 'node:assert/strict'
import test from 'node:test'
import {
  decode,
  defaultSpackLimits,
  encode,
  Spack,
  type ElementInput,
  type SpackErrorCode,
  type SpackForm,
  type SpackLimits,
} from '@stalk/spack'
import { resolveLimits } from '#src/limits.js'
import { refusal } from './support/refusal.js'

const edges: readonly [limit: keyof SpackLimits, code: SpackErrorCode, atLimit: number, element: ElementInput][] = [
  ['maxStringBytes', 'SPACK_STRING_TOO_LONG', 4, ['string', 'éé']],
  ['maxArrayLength', 'SPACK_ARRAY_TOO_LONG', 3, ['integer[]', [1, 2, 3]]],
  ['maxArrayLength', 'SPACK_ARRAY_TOO_LONG', 3, ['float32[]', [1, 2, 3]]],
  ['maxArrayLength', 'SPACK_ARRAY_TOO_LONG', 3, ['float64[]', [1, 2, 3]]],
  ['maxByteArrayBytes', 'SPACK_ARRAY_TOO_LONG', 5, ['byte[]', new Uint8Array(5)]],
  ['maxIntegerBytes', 'SPACK_INTEGER_TOO_LONG', 2, ['integer', 64]],
  ['maxIntegerBytes', 'SPACK_INTEGER_TOO_LONG', 1, ['integer', -64]],
  ['maxIntegerBytes', 'SPACK_INTEGER_TOO_LONG', 10, ['integer', 2n ** 68n]],
  ['maxIntegerBytes', 'SPACK_INTEGER_TOO_LONG', 10, ['integer[]', [1, -(2n ** 69n)]]],
  ['maxElements', 'SPACK_TOO_MANY_ELEMENTS', 1, ['integer', 1]],
]

for (const [limit, code, atLimit, element] of edges) {
  test(`${limit}: ${element[0]} at the limit passes, one beyond is ${code}, in both forms and both ways`, () => {
    const spack = Spack.of(element)
    for (const form of ['classic', 'compact'] as const) {
      const exact = { form, limits: { [limit]: atLimit } }
      const tight = { form, limits: { [limit]: atLimit - 1 } }
      const bytes = encode(spack, exact)
      assert.deepEqual(decode(bytes, exact), spack)
      assert.throws(() => encode(spack, tight), refusal(code, String(atLimit - 1)))
      assert.throws(() => decode(bytes, tight), refusal(code, String(atLimit - 1)))
    }
  })
}

test('maxPacketBytes counts the whole packet, with hash and sizes', () => {
  const spack = new Spack().string('hello')
  for (const [form, length] of [
    ['classic', 41],
    ['compact', 8],
  ] as [SpackForm, number][]) {
    const bytes = encode(spack, { form, limits: { maxPacketBytes: length } })
    assert.equal(bytes.length, length)
    assert.deepEqual(decode(bytes, { form, limits: { maxPacketBytes: length } }), spack)
    const tight = { form, limits: { maxPacketBytes: length - 1 } }
    assert.throws(() => encode(spack, tight), refusal('SPACK_PACKET_TOO_LARGE', `${length} bytes`))
    assert.throws(() => decode(bytes, tight), refusal('SPACK_PACKET_TOO_LARGE', `${length} bytes`))
  }
})

test('the defaults hold: 65,536 elements, an integer of 65,536 bytes, an array of 4,194,304 entries', () => {
  const form = 'compact'
  const full = new Spack()
  for (let index = 0; index < 65_536; index += 1) full.byte(0)
  assert.equal(decode(encode(full, { form }), { form }).length, 65_536)
  assert.throws(() => encode(full.byte(0), { form }), refusal('SPACK_TOO_MANY_ELEMENTS', '65537'))

  const bits = BigInt(65_536 * 7 - 1)
  const largest = new Spack().integer(2n ** bits - 1n)
  assert.deepEqual(decode(encode(largest, { form }), { form }), largest)
  assert.throws(() => encode(new Spack().integer(2n ** bits), { form }), refusal('SPACK_INTEGER_TOO_LONG'))

  const floats = new Spack().float32s(new Float32Array(4_194_000))
  assert.deepEqual(decode(encode(floats, { form }), { form }), floats)
  const more = new Spack().integers(new Array<number>(4_194_305).fill(0))
  assert.throws(() => encode(more, { form }), refusal('SPACK_ARRAY_TOO_LONG'))
})

test('an unending integer is given up after its limit: the 16 MiB behind it are not looked at', () => {
  const packet = new Uint8Array(1 << 24).fill(0xff)
  packet.set([1, 1])
  assert.throws(
    () => decode(packet, { form: 'compact' }),
    refusal('SPACK_INTEGER_TOO_LONG', 'data byte 0 goes on after the limit of 65536 bytes'),
  )
})

test('an integer that the data cut off at its limit is unterminated, one that goes on is too long', () => {
  const options = { form: 'compact', limits: { maxIntegerBytes: 2 } } as const
  assert.throws(() => decode(Uint8Array.of(1, 1, 0xff, 0xff), options), refusal('SPACK_LEB128_UNTERMINATED'))
  assert.throws(() => decode(Uint8Array.of(1, 1, 0xff, 0xff, 0), options), refusal('SPACK_INTEGER_TOO_LONG'))
})

test('an integer of a million bits passes where the limits allow it', () => {
  const options = { limits: { maxIntegerBytes: Infinity } }
  const spack = new Spack().integer(-(3n ** 630_930n))
  assert.ok(decode(encode(spack, options), options).values()[0] === spack.values()[0])
})

test('limits are whole numbers from 0 or Infinity, and an unknown name is refused rather than ignored', () => {
  for (const value of [-1, 1.5, NaN, -Infinity, '10' as unknown as number, undefined as unknown as number]) {
    assert.throws(() => resolveLimits({ maxElements: value }), { name: 'RangeError', message: /maxElements/ })
  }
  const misspelt = { maxElement: 5 } as Partial<SpackLimits>
  assert.throws(() => encode(new Spack(), { limits: misspelt }), { name: 'RangeError', message: /maxElement$/ })
  assert.deepEqual(resolveLimits({ maxElements: 0 }), { ...defaultSpackLimits, maxElements: 0 })
  assert.equal(resolveLimits({ maxElements: Infinity }).maxElements, Infinity)
  assert.equal(resolveLimits(), defaultSpackLimits)
})
