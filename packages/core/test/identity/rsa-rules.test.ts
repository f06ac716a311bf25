import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRsaIdentityKey, checkRsaPublicKey } from '#src/identity/rsa-rules.js'
import { vectorIdentity } from './vectors.js'

const { n, e } = vectorIdentity('pub-a')
const { n: large } = vectorIdentity('pub-4096')
const bits = (count: number): bigint => (1n << BigInt(count - 1)) + 1n

test('the original’s key of 2048 bits passes for stalk/1, with its own exponent and with 3', () => {
  checkRsaPublicKey({ n, e })
  checkRsaPublicKey({ n, e: 3n })
  checkRsaPublicKey({ n, e: n - 2n })
  checkRsaIdentityKey({ n: large, e }, 'stalk/1')
})

for (const [code, numbers] of [
  ['RSA_MODULUS_TOO_SMALL', { n: bits(2040), e }],
  ['RSA_MODULUS_TOO_SMALL', { n: 0n, e }],
  ['RSA_MODULUS_TOO_SMALL', { n: -n, e }],
  ['RSA_MODULUS_TOO_LARGE', { n: bits(8200), e }],
  ['RSA_MODULUS_BITS', { n: bits(2049), e }],
  ['RSA_MODULUS_EVEN', { n: n - 1n, e }],
  ['RSA_EXPONENT_TOO_SMALL', { n, e: 1n }],
  ['RSA_EXPONENT_TOO_SMALL', { n, e: 2n }],
  ['RSA_EXPONENT_TOO_SMALL', { n, e: 0n }],
  ['RSA_EXPONENT_TOO_SMALL', { n, e: -3n }],
  ['RSA_EXPONENT_TOO_LARGE', { n, e: n + 2n }],
  ['RSA_EXPONENT_EVEN', { n, e: 65536n }],
] as const) {
  test(`${code}: n of ${numbers.n.toString(2).length} digits, e ${numbers.e.toString(16).slice(0, 6)}`, () => {
    assert.throws(
      () => {
        checkRsaPublicKey(numbers)
      },
      { code, fault: 'peer' },
    )
    assert.throws(
      () => {
        checkRsaIdentityKey(numbers, 'stalk/1')
      },
      { code },
    )
  })
}

test('the limits are the first and last sizes allowed, and can be moved', () => {
  checkRsaPublicKey({ n: bits(2048), e: 3n })
  checkRsaPublicKey({ n: bits(8192), e: 3n })
  checkRsaPublicKey({ n: bits(512), e: 3n }, { minBits: 512 })
  assert.throws(
    () => {
      checkRsaPublicKey({ n, e }, { maxBits: 1024 })
    },
    { code: 'RSA_MODULUS_TOO_LARGE' },
  )
})

test('stalk/2 takes at most 4096 bits, and no exponent but 65537', () => {
  checkRsaIdentityKey({ n: large, e: 65537n }, 'stalk/2')
  assert.throws(
    () => {
      checkRsaIdentityKey({ n: bits(4104), e: 65537n }, 'stalk/2')
    },
    { code: 'RSA_MODULUS_TOO_LARGE' },
  )
  assert.throws(
    () => {
      checkRsaIdentityKey({ n, e }, 'stalk/2')
    },
    { code: 'RSA_EXPONENT_NOT_65537' },
  )
  assert.throws(
    () => {
      checkRsaIdentityKey({ n, e: 3n }, 'stalk/2')
    },
    { code: 'RSA_EXPONENT_NOT_65537' },
  )
})
