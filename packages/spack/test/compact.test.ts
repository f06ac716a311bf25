import assert from 'node:assert/strict'
import test from 'node:test'
import { decode, encode, Spack } from '@stalk/spack'
import { compactPacket, concat, fromHex, toHex } from './support/bytes.js'
import { refusal } from './support/refusal.js'
import { cases, spackOf } from './support/vectors.js'

const compact = { form: 'compact' } as const

test('the empty packet is one zero byte', () => {
  assert.equal(toHex(encode(new Spack(), compact)), '00')
  assert.deepEqual(decode(fromHex('00'), compact), new Spack())
})

test('a packet is the size of its types, its types, its data', () => {
  const spack = new Spack().integer(-1).string('hi').integers([1, 64]).bytes(Uint8Array.of(0xff))
  const expected = '09' + '01' + '0502' + '100102' + '100401' + '7f' + '6869' + '01c000' + 'ff'
  assert.equal(toHex(encode(spack, compact)), expected)
  assert.deepEqual(decode(fromHex(expected), compact), spack)
})

test('types and data are exactly those of the classic form', () => {
  for (const { name, elements } of cases) {
    if (name === 'str-lone-surrogate') continue
    const spack = spackOf(elements)
    const bytes = encode(spack, compact)
    assert.deepEqual(decode(bytes, compact), spack, name)
    const parts = bytes.subarray(bytes.findIndex((byte) => byte < 0x80) + 1)
    assert.ok(toHex(encode(spack)).endsWith(toHex(parts)), name)
  }
})

test('the size of the types is unsigned: 64 takes one byte, 128 two', () => {
  for (const [count, size] of [
    [63, '3f'],
    [64, '40'],
    [127, '7f'],
    [128, '8001'],
  ] as const) {
    const spack = new Spack()
    for (let index = 0; index < count; index += 1) spack.byte(0)
    const bytes = encode(spack, compact)
    assert.ok(toHex(bytes).startsWith(size + '04'))
    assert.deepEqual(decode(bytes, compact), spack)
  }
})

test('empty arrays of every type come back', () => {
  const spack = new Spack().integers([]).float32s([]).float64s([]).bytes(new Uint8Array())
  assert.deepEqual(decode(encode(spack, compact), compact), spack)
})

test('the classic form refuses empty arrays, but for byte[], and names the element', () => {
  for (const type of ['integer[]', 'float32[]', 'float64[]'] as const) {
    const spack = Spack.of(['integer', 1], [type, []])
    assert.throws(() => encode(spack), refusal('SPACK_EMPTY_ARRAY', `element 1: ${type}`))
  }
  const bytes = new Spack().bytes(new Uint8Array())
  assert.deepEqual(decode(encode(bytes)), bytes)
})

test('sizes that are cut, not minimal, or beyond the packet are refused', () => {
  assert.throws(() => decode(new Uint8Array(), compact), refusal('SPACK_TRUNCATED', '0 bytes'))
  assert.throws(() => decode(fromHex('80'), compact), refusal('SPACK_TRUNCATED', '1 bytes'))
  assert.throws(() => decode(fromHex('8000'), compact), refusal('SPACK_NONCANONICAL', '2 bytes'))
  assert.throws(() => decode(fromHex('02 01'), compact), refusal('SPACK_TRUNCATED', '2 bytes, 1 are left'))
  assert.throws(() => decode(fromHex('ffffffffffff7f'), compact), refusal('SPACK_TRUNCATED', '562949953421311'))
})

test('a byte after the last element is refused', () => {
  assert.throws(() => decode(compactPacket('04', '0708'), compact), refusal('SPACK_DATA_UNUSED', '1 bytes'))
  const bytes = encode(new Spack(), compact)
  assert.throws(() => decode(concat(bytes, Uint8Array.of(0)), compact), refusal('SPACK_DATA_UNUSED', 'data byte 0'))
})
