import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hkdfExpand, hkdfExtract, hmacSha256 } from '#src/crypto/hkdf.js'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const range = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from }, (_, index) => from + index)

test('RFC 5869 appendix A: the three SHA-256 vectors', () => {
  for (const [ikm, salt, info, prk, okm] of [
    [
      new Uint8Array(22).fill(0x0b),
      range(0, 13),
      range(0xf0, 0xfa),
      '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      range(0, 0x50),
      range(0x60, 0xb0),
      range(0xb0, 0x100),
      '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      new Uint8Array(22).fill(0x0b),
      new Uint8Array(),
      new Uint8Array(),
      '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ] as const) {
    const pseudorandomKey = hkdfExtract(salt, ikm)
    assert.equal(hex(pseudorandomKey), prk)
    assert.equal(hex(hkdfExpand(pseudorandomKey, info, okm.length / 2)), okm)
  }
})

test('RFC 4231 §4.3: HMAC-SHA-256, the message in parts or whole', () => {
  const key = new TextEncoder().encode('Jefe')
  const message = new TextEncoder().encode('what do ya want for nothing?')
  const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  assert.deepEqual(hmacSha256(key, message), bytes(mac))
  assert.deepEqual(hmacSha256(key, message.subarray(0, 5), message.subarray(5)), bytes(mac))
})

test('8,160 bytes are expanded, one more, a negative or a broken length is a RangeError', () => {
  const key = new Uint8Array(32)
  assert.equal(hkdfExpand(key, key, 8160).length, 8160)
  assert.equal(hkdfExpand(key, key, 0).length, 0)
  for (const length of [8161, -1, 1.5]) assert.throws(() => hkdfExpand(key, key, length), RangeError)
})
