import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aeadOpen, aeadSeal } from '#src/crypto/aead.js'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const none = new Uint8Array()
const key = new Uint8Array(32).fill(1)
const nonce = new Uint8Array(12).fill(2)

test('RFC 8439 §2.8.2: ChaCha20-Poly1305', () => {
  const plaintext = new TextEncoder().encode(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  )
  const sealed = bytes(
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116' +
      '1ae10b594f09e26a7e902ecbd0600691',
  )
  const ad = bytes('50515253c0c1c2c3c4c5c6c7')
  const vectorKey = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)
  const vectorNonce = bytes('070000004041424344454647')
  assert.deepEqual(aeadSeal('chacha20-poly1305', vectorKey, vectorNonce, ad, plaintext), sealed)
  assert.deepEqual(aeadOpen('chacha20-poly1305', vectorKey, vectorNonce, ad, sealed), plaintext)
})

test('the GCM specification’s test cases 13 and 14: AES-256 with zero keys', () => {
  const zero = new Uint8Array(32)
  const zeroNonce = new Uint8Array(12)
  assert.deepEqual(aeadSeal('aes-256-gcm', zero, zeroNonce, none, none), bytes('530f8afbc74536b9a963b4f1c4cb738b'))
  assert.deepEqual(
    aeadSeal('aes-256-gcm', zero, zeroNonce, none, new Uint8Array(16)),
    bytes('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919'),
  )
})

for (const algorithm of ['aes-256-gcm', 'chacha20-poly1305'] as const) {
  test(`${algorithm}: any flipped bit, missing byte, other key, nonce or associated data is null`, () => {
    const ad = Uint8Array.of(3)
    const plaintext = new Uint8Array(40).fill(4)
    const sealed = aeadSeal(algorithm, key, nonce, ad, plaintext)
    assert.equal(sealed.length, 56)
    assert.deepEqual(aeadOpen(algorithm, key, nonce, ad, sealed), plaintext)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.with(bit >> 3, sealed[bit >> 3]! ^ (1 << (bit & 7)))
      assert.equal(aeadOpen(algorithm, key, nonce, ad, changed), null)
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.equal(aeadOpen(algorithm, key, nonce, ad, sealed.subarray(0, length)), null)
    }
    assert.equal(aeadOpen(algorithm, key.with(0, 0), nonce, ad, sealed), null)
    assert.equal(aeadOpen(algorithm, key, nonce.with(0, 0), ad, sealed), null)
    assert.equal(aeadOpen(algorithm, key, nonce, none, sealed), null)
  })

  test(`${algorithm}: an empty plaintext is authenticated as well`, () => {
    const sealed = aeadSeal(algorithm, key, nonce, none, none)
    assert.equal(sealed.length, 16)
    assert.deepEqual(aeadOpen(algorithm, key, nonce, none, sealed), none)
    assert.equal(aeadOpen(algorithm, key, nonce, none, sealed.with(15, sealed[15]! ^ 1)), null)
  })

  test(`${algorithm}: keys and nonces of other lengths are RangeErrors`, () => {
    assert.throws(() => aeadSeal(algorithm, new Uint8Array(31), nonce, none, none), RangeError)
    assert.throws(() => aeadOpen(algorithm, key, new Uint8Array(13), none, none), RangeError)
  })
}
