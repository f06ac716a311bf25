import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bitLength,
  fromBigEndian,
  fromLittleEndian,
  greatestCommonDivisor,
  modInverse,
  modPow,
  toBigEndian,
  toLittleEndian,
} from '#src/crypto/big-integer.js'

const natural = fc.bigInt({ min: 0n, max: 1n << 300n })

test('a number survives both byte orders, padded or not', () => {
  fc.assert(
    fc.property(natural, (number) => {
      assert.equal(fromBigEndian(toBigEndian(number)), number)
      assert.equal(fromBigEndian(toBigEndian(number, 40)), number)
      assert.equal(fromLittleEndian(toLittleEndian(number, 40)), number)
    }),
  )
})

test('bytes are most significant first in big-endian and last in little-endian', () => {
  assert.deepEqual(toBigEndian(0x0102n, 3), Uint8Array.of(0, 1, 2))
  assert.deepEqual(toLittleEndian(0x0102n, 3), Uint8Array.of(2, 1, 0))
  assert.deepEqual(toBigEndian(0n), Uint8Array.of(0))
  assert.equal(fromBigEndian(new Uint8Array()), 0n)
})

test('a number that does not fit, or is negative, is a RangeError', () => {
  assert.throws(() => toBigEndian(256n, 1), RangeError)
  assert.throws(() => toLittleEndian(-1n, 8), RangeError)
})

test('bitLength counts the digits of the binary form', () => {
  assert.equal(bitLength(0n), 0)
  fc.assert(
    fc.property(natural, (number) => {
      assert.equal(bitLength(number), number === 0n ? 0 : number.toString(2).length)
    }),
  )
})

test('modPow agrees with the definition', () => {
  const small = fc.bigInt({ min: 0n, max: 400n })
  fc.assert(
    fc.property(small, small, fc.bigInt({ min: 1n, max: 1n << 80n }), (base, exponent, modulus) => {
      assert.equal(modPow(base, exponent, modulus), base ** exponent % modulus)
    }),
  )
})

test('modInverse inverts exactly the numbers that share no factor with the modulus', () => {
  const positive = fc.bigInt({ min: 1n, max: 1n << 80n })
  fc.assert(
    fc.property(positive, fc.bigInt({ min: 2n, max: 1n << 80n }), (number, modulus) => {
      const inverse = modInverse(number, modulus)
      if (greatestCommonDivisor(number, modulus) === 1n) assert.equal(((inverse ?? 0n) * number) % modulus, 1n)
      else assert.equal(inverse, null)
    }),
  )
})
