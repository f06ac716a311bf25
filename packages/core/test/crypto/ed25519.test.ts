import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toLittleEndian } from '#src/crypto/big-integer.js'
import {
  ed25519PublicKey,
  ed25519PublicKeyBytes,
  generateEd25519,
  isSafeEd25519PublicKey,
} from '#src/crypto/ed25519.js'
import { publicHalf } from '#src/crypto/key-object.js'
import { scrypt } from '#src/crypto/scrypt.js'

const prime = 2n ** 255n - 19n
const signBit = 1n << 255n
const orderEight = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]

test('a generated key is safe and survives its 32 bytes', async () => {
  const publicKey = publicHalf(await generateEd25519())
  const bytes = ed25519PublicKeyBytes(publicKey)
  assert.equal(bytes.length, 32)
  assert.equal(isSafeEd25519PublicKey(bytes), true)
  assert.equal(ed25519PublicKey(bytes).equals(publicKey), true)
})

for (const [name, y] of [
  ['the neutral element', 1n],
  ['the point of order 2', prime - 1n],
  ['the points of order 4', 0n],
  ...orderEight.map(
    (text) => ['a point of order 8', BigInt(`0x${Buffer.from(text, 'hex').reverse().toString('hex')}`)] as const,
  ),
  ['y = p', prime],
  ['y = p + 1', prime + 1n],
  ['y = 2^255 - 1', signBit - 1n],
] as const) {
  test(`an Ed25519 key is not safe: ${name} (${y.toString(16).slice(0, 8)}…), with either sign`, () => {
    assert.equal(isSafeEd25519PublicKey(toLittleEndian(y, 32)), false)
    assert.equal(isSafeEd25519PublicKey(toLittleEndian(y + signBit, 32)), false)
  })
}

test('scrypt gives RFC 7914 §12’s second vector, and rejects what is no cost', async () => {
  const salt = new TextEncoder().encode('NaCl')
  const key = await scrypt('password', salt, 64, { cost: 1024, blockSize: 8, parallelization: 16 })
  assert.equal(Buffer.from(key).toString('hex').slice(0, 32), 'fdbabe1c9d3472007856e7190d01e9fe')
  await assert.rejects(async () => scrypt('password', salt, 64, { cost: 1000, blockSize: 8, parallelization: 1 }))
})
