import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateEd25519 } from '#src/crypto/ed25519.js'
import { type KeyObject, publicHalf } from '#src/crypto/key-object.js'
import { generateRsa } from '#src/crypto/rsa.js'
import { ed25519Sign, ed25519Verify, rsaPssSign, rsaPssVerify } from '#src/crypto/signatures.js'
import { generateX25519 } from '#src/crypto/x25519.js'

const message = new TextEncoder().encode('message')
const [ed25519Key, rsaKey] = await Promise.all([generateEd25519(), generateRsa(2048)])

for (const [name, privateKey, sign, verify, length] of [
  ['Ed25519', ed25519Key, ed25519Sign, ed25519Verify, 64],
  ['RSA-PSS', rsaKey, rsaPssSign, rsaPssVerify, 256],
] as const) {
  test(`${name}: a signature has ${length} bytes and holds for this message and key only`, async () => {
    const publicKey = publicHalf(privateKey)
    const signature = await sign(privateKey, message)
    assert.equal(signature.length, length)
    assert.equal(verify(publicKey, message, signature), true)
    assert.equal(verify(publicKey, message.with(0, 0), signature), false)
    for (let index = 0; index < length; index++) {
      assert.equal(verify(publicKey, message, signature.with(index, signature[index]! ^ 1)), false)
    }
    for (const wrong of [
      signature.subarray(1),
      signature.subarray(0, -1),
      Uint8Array.of(0, ...signature),
      new Uint8Array(),
    ]) {
      assert.equal(verify(publicKey, message, wrong), false)
    }
  })

  test(`${name}: a key of another algorithm is a TypeError, to sign and to verify`, async () => {
    const others: readonly KeyObject[] = [generateX25519().privateKey, privateKey === rsaKey ? ed25519Key : rsaKey]
    for (const other of others) {
      await assert.rejects(sign(other, message), TypeError)
      assert.throws(() => verify(publicHalf(other), message, new Uint8Array(length)), TypeError)
    }
  })
  test(`${name}: signing with a public key rejects with OpenSSL’s error`, async () => {
    await assert.rejects(sign(publicHalf(privateKey), message))
  })
}

test('RSA-PSS: a signature that begins with a zero byte does not hold without it', async () => {
  for (;;) {
    const signature = await rsaPssSign(rsaKey, message)
    if (signature[0] !== 0) continue
    assert.equal(rsaPssVerify(publicHalf(rsaKey), message, signature), true)
    assert.equal(rsaPssVerify(publicHalf(rsaKey), message, signature.subarray(1)), false)
    return
  }
})
