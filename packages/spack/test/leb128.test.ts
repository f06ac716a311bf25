import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  decodeSigned,
  decodeSignedLength,
  decodeUnsignedLength,
  isMinimalSigned,
  isMinimalUnsigned,
  leb128End,
  signedBytes,
  unsignedBytes,
  writeSigned,
  writeUnsigned,
} from '#src/leb128.js'
import { fromHex, toHex } from './support/bytes.js'

function signed(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(signedBytes(value))
  assert.equal(writeSigned(bytes, 0, value), bytes.length, 'what was measured is what is written')
  return bytes
}

function unsigned(value: number): Uint8Array {
  const bytes = new Uint8Array(unsignedBytes(value))
  assert.equal(writeUnsigned(bytes, 0, value), bytes.length, 'what was measured is what is written')
  return bytes
}

/** The definition, without regard to speed: what the quick versions must agree with. */
function signedByDefinition(value: bigint): number[] {
  const bytes = []
  for (let rest = value; ; rest >>= 7n) {
    const group = Number(BigInt.asUintN(7, rest))
    if (rest >= -64n && rest < 64n) return [...bytes, group]
    bytes.push(group | 0x80)
  }
}

test('signed numbers have the bytes of the DWARF examples and of the original', () => {
  const examples: [number | bigint, string][] = [
    [0, '00'],
    [2, '02'],
    [-1, '7f'],
    [-2, '7e'],
    [63, '3f'],
    [64, 'c000'],
    [-64, '40'],
    [-65, 'bf7f'],
    [127, 'ff00'],
    [-127, '817f'],
    [128, '8001'],
    [-128, '807f'],
    [129, '8101'],
    [-129, 'ff7e'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
    [-(2 ** 53 - 1), '8180808080808070'],
    [2n ** 53n, '8080808080808010'],
    [-(2n ** 63n), '8080808080808080807f'],
  ]
  for (const [value, hex] of examples) {
    assert.equal(toHex(signed(value)), hex, String(value))
    assert.deepEqual(decodeSigned(fromHex(hex), 0, hex.length / 2), value)
  }
})

test('numbers and bigints around every power of two agree with the definition, and come back', () => {
  for (let power = 0n; power <= 200n; power += 1n) {
    for (const offset of [-2n, -1n, 0n, 1n]) {
      for (const value of [2n ** power + offset, -(2n ** power) + offset]) {
        const expected = Uint8Array.from(signedByDefinition(value))
        assert.deepEqual(signed(value), expected)
        const safe = Number.isSafeInteger(Number(value))
        if (safe) assert.deepEqual(signed(Number(value)), expected)
        assert.equal(decodeSigned(expected, 0, expected.length), safe ? Number(value) : value)
      }
    }
  }
})

test('any integer agrees with the definition and comes back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.bigInt(), fc.bigInt({ min: -(2n ** 3000n), max: 2n ** 3000n })), (value) => {
      const bytes = signed(value)
      assert.deepEqual([...bytes], signedByDefinition(value))
      assert.ok(isMinimalSigned(bytes, 0, bytes.length))
      assert.equal(BigInt(decodeSigned(bytes, 0, bytes.length)), value)
    }),
  )
})

test('any length comes back, signed and unsigned, up to 2^48', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 48 - 1 })), (value) => {
      const asSigned = signed(value)
      assert.equal(decodeSignedLength(asSigned, 0, asSigned.length), value)
      const asUnsigned = unsigned(value)
      assert.equal(decodeUnsignedLength(asUnsigned, 0, asUnsigned.length), value)
      assert.ok(isMinimalUnsigned(asUnsigned, 0, asUnsigned.length))
    }),
  )
})

test('unsigned numbers have the bytes of the DWARF examples', () => {
  const examples: [number, string][] = [
    [0, '00'],
    [2, '02'],
    [127, '7f'],
    [128, '8001'],
    [129, '8101'],
    [12857, 'b964'],
  ]
  for (const [value, hex] of examples) assert.equal(toHex(unsigned(value)), hex)
})

test('a byte that a number does not need is noticed, with either sign', () => {
  for (const hex of ['8000', 'ff7f', '818000', 'ffff7f', 'bfff7f', 'c08000']) {
    assert.equal(isMinimalSigned(fromHex(hex), 0, hex.length / 2), false, hex)
  }
  for (const hex of ['00', '7f', 'c000', 'bf7f', 'ff00', '807f']) {
    assert.equal(isMinimalSigned(fromHex(hex), 0, hex.length / 2), true, hex)
  }
  assert.equal(isMinimalUnsigned(fromHex('8000'), 0, 2), false)
  assert.equal(isMinimalUnsigned(fromHex('8001'), 0, 2), true)
})

test('the end of a number is looked for inside its range only', () => {
  const bytes = fromHex('80 80 01 05')
  assert.equal(leb128End(bytes, 0, 4), 3)
  assert.equal(leb128End(bytes, 0, 3), 3)
  assert.equal(leb128End(bytes, 0, 2), -1)
  assert.equal(leb128End(bytes, 3, 4), 4)
  assert.equal(leb128End(bytes, 4, 4), -1)
})

test('an integer of a million bits comes back: every step of it is linear', () => {
  for (const value of [2n ** 1_000_000n - 12345n, -(2n ** 1_000_000n) + 12345n]) {
    const bytes = signed(value)
    assert.equal(bytes.length, 142_858)
    assert.ok(decodeSigned(bytes, 0, bytes.length) === value)
  }
})
