import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OfbKeystream } from '#src/crypto/aes-ofb.js'

// NIST SP 800-38A F.4.5, OFB-AES256.Encrypt
const key = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex')
const iv = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const plaintext = Buffer.from(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  'hex',
)
const ciphertext = Buffer.from(
  'dc7e84bfda79164b7ecd8486985d38604febdc6740d20b3ac88f6ad82a4fb08d' +
    '71ab47a086e86eedf39d1c5bba97c4080126141d67f37be8538f5a8be740e484',
  'hex',
)

test('SP 800-38A F.4.5 encrypts as published, and decrypts with the same operation', () => {
  assert.deepEqual(new OfbKeystream(key, iv).apply(plaintext), new Uint8Array(ciphertext))
  assert.deepEqual(new OfbKeystream(key, iv).apply(ciphertext), new Uint8Array(plaintext))
})

test('the keystream goes on byte by byte, wherever the calls are cut and whichever direction they serve', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 40 }), fc.boolean()), { maxLength: 8 }), (pieces) => {
      const keystream = new OfbKeystream(key, iv)
      let offset = 0
      for (const [length, isEncryption] of pieces) {
        const [from, to] = isEncryption ? [plaintext, ciphertext] : [ciphertext, plaintext]
        const output = keystream.apply(from.subarray(offset, offset + length))
        assert.deepEqual(output, new Uint8Array(to.subarray(offset, offset + length)))
        offset += length
      }
    }),
  )
})

test('a key that is not 32 bytes, or an IV that is not 16, is a RangeError', () => {
  assert.throws(() => new OfbKeystream(key.subarray(1), iv), RangeError)
  assert.throws(() => new OfbKeystream(key, iv.subarray(1)), RangeError)
})
