import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, encodeBase64url } from '#src/crypto/base64url.js'
import { concatBytes, equalBytes } from '#src/crypto/bytes.js'
import { randomBytes } from '#src/crypto/random.js'
import { sha256 } from '#src/crypto/sha256.js'

test('equalBytes tells equal, different and differently long bytes apart', () => {
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true)
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false)
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1)), false)
  assert.equal(equalBytes(new Uint8Array(), new Uint8Array()), true)
})

test('concatBytes gives plain bytes of its own', () => {
  const part = Buffer.from([1, 2])
  const whole = concatBytes(part, new Uint8Array(), Uint8Array.of(3))
  part[0] = 9
  assert.deepEqual(whole, Uint8Array.of(1, 2, 3))
})

test('base64url writes what node writes and reads it back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase64url(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.deepEqual(decodeBase64url(text), bytes)
    }),
  )
})

test('every base64url text that is read is the only one for its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('AQgw-_zZ09+/= é')), maxLength: 12 }), (text) => {
      const bytes = decodeBase64url(text)
      if (bytes !== null) assert.equal(encodeBase64url(bytes), text)
    }),
    { numRuns: 2000 },
  )
})

for (const [text, why] of [
  ['A', 'a lone digit'],
  ['AAAAA', 'a lone last digit'],
  ['AB', 'unused bits that are not zero'],
  ['AAB', 'unused bits that are not zero, two bytes'],
  ['AA==', 'padding'],
  ['AA A', 'white space'],
  ['AA+/', 'base64 digits'],
  ['AAA€', 'a foreign character'],
] as const) {
  test(`base64url refuses ${why}`, () => {
    assert.equal(decodeBase64url(text), null)
  })
}

test('SHA-256 of "abc" is FIPS 180-2’s', () => {
  const digest = sha256(new TextEncoder().encode('abc'))
  assert.equal(Object.getPrototypeOf(digest), Uint8Array.prototype)
  assert.equal(Buffer.from(digest).toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('random bytes are as many as asked for and differ', () => {
  assert.equal(randomBytes(0).length, 0)
  assert.equal(randomBytes(32).length, 32)
  assert.notDeepEqual(randomBytes(32), randomBytes(32))
})
