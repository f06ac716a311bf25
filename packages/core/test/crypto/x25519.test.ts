import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { toLittleEndian } from '#src/crypto/big-integer.js'
import { generateX25519, isLowOrderPoint, x25519, x25519KeyPairFrom } from '#src/crypto/x25519.js'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

// RFC 7748 §6.1
const alicePrivate = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
const bobPrivate = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
const bobPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
const shared = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')

const prime = 2n ** 255n - 19n
const lowOrder: readonly (readonly [string, Uint8Array])[] = [
  ['0', toLittleEndian(0n, 32)],
  ['1', toLittleEndian(1n, 32)],
  ['the first point of order 8', hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')],
  ['the second point of order 8', hex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157')],
  ['p - 1', toLittleEndian(prime - 1n, 32)],
  ['p', toLittleEndian(prime, 32)],
  ['p + 1', toLittleEndian(prime + 1n, 32)],
]

test('RFC 7748 §6.1: both sides get the published secret', () => {
  const alice = x25519KeyPairFrom(alicePrivate, alicePublic)
  const bob = x25519KeyPairFrom(bobPrivate)
  assert.deepEqual(bob.publicKey, bobPublic)
  assert.deepEqual(x25519(alice, bobPublic), shared)
  assert.deepEqual(x25519(bob, alicePublic), shared)
})

test('RFC 7748 §5.2: the two single vectors, the second with bit 255 set', () => {
  for (const [scalar, u, result] of [
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ] as const) {
    assert.deepEqual(x25519(x25519KeyPairFrom(hex(scalar)), hex(u)), hex(result))
  }
})

test('RFC 7748 §5.2: a thousand iterations', () => {
  let scalar = toLittleEndian(9n, 32)
  let u = scalar
  for (let round = 0; round < 1000; round++) [scalar, u] = [x25519(x25519KeyPairFrom(scalar), u), scalar]
  assert.deepEqual(scalar, hex('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51'))
})

test('two generated pairs agree and differ from each other', () => {
  const [one, other] = [generateX25519(), generateX25519()]
  assert.equal(one.publicKey.length, 32)
  assert.notDeepEqual(one.publicKey, other.publicKey)
  // as OpenSSL says it, which takes longer
  const spki = createPublicKey(one.privateKey).export({ type: 'spki', format: 'der' })
  assert.deepEqual(one.publicKey, new Uint8Array(spki.subarray(-32)))
  assert.deepEqual(x25519(one, other.publicKey), x25519(other, one.publicKey))
})

for (const [name, point] of lowOrder) {
  test(`the low-order point ${name} is known, and gives SHARED_SECRET_ZERO, with bit 255 or without`, () => {
    const masked = point.slice()
    masked[31] = (masked[31] ?? 0) | 0x80
    for (const u of [point, masked]) {
      assert.equal(isLowOrderPoint(u), true)
      assert.throws(() => x25519(generateX25519(), u), { code: 'SHARED_SECRET_ZERO', fault: 'peer' })
    }
  })
}

test('an honest key is no low-order point', () => {
  assert.equal(isLowOrderPoint(generateX25519().publicKey), false)
  assert.equal(isLowOrderPoint(toLittleEndian(2n, 32)), false)
})

test('a public key that belongs to another private key is a TypeError', () => {
  assert.throws(() => x25519KeyPairFrom(alicePrivate, bobPublic), TypeError)
})

test('keys of any other length than 32 bytes are a RangeError', () => {
  assert.throws(() => x25519KeyPairFrom(new Uint8Array(31)), RangeError)
  assert.throws(() => x25519(generateX25519(), new Uint8Array(33)), RangeError)
  assert.throws(() => isLowOrderPoint(new Uint8Array(0)), RangeError)
})
