import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '#src/crypto/bytes.js'
import { rsaPublicKey } from '#src/crypto/rsa.js'
import { DerReader, derInteger } from '#src/identity/der.js'
import { decodeSpki, encodeEd25519Spki, encodeRsaSpki } from '#src/identity/spki.js'
import { vectorIdentities, vectorIdentity } from './vectors.js'

const ed25519 = new Uint8Array(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }))
const { n, e } = vectorIdentity('pub-b')
const rsa = encodeRsaSpki({ n, e })
const refused = { code: 'SPKI_INVALID', fault: 'peer' }

test('an Ed25519 SPKI is OpenSSL’s, and gives back its 32 bytes', () => {
  const key = decodeSpki(ed25519)
  assert.ok(key.type === 'ed25519')
  assert.deepEqual(encodeEd25519Spki(key.publicKey), ed25519)
})

for (const { name, n, e } of vectorIdentities) {
  test(`the SPKI of ${name} is OpenSSL’s, and gives back n and e`, () => {
    const spki = encodeRsaSpki({ n, e })
    assert.deepEqual(spki, new Uint8Array(rsaPublicKey({ n, e }).export({ format: 'der', type: 'spki' })))
    assert.deepEqual(decodeSpki(spki), { type: 'rsa', rsa: { n, e } })
  })
}

test('SPKI_INVALID: a key cut anywhere, or followed by a byte', () => {
  for (const spki of [ed25519, rsa]) {
    for (let length = 0; length < spki.length; length++) assert.throws(() => decodeSpki(spki.slice(0, length)), refused)
    assert.throws(() => decodeSpki(concatBytes(spki, Uint8Array.of(0))), refused)
  }
})

test('whatever is read is the canonical encoding: no changed byte is read as the same key', () => {
  for (const spki of [ed25519, rsa]) {
    fc.assert(
      fc.property(fc.nat({ max: spki.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, mask) => {
        const changed = spki.with(index, (spki[index] ?? 0) ^ mask)
        try {
          const key = decodeSpki(changed)
          assert.deepEqual(key.type === 'rsa' ? encodeRsaSpki(key.rsa) : encodeEd25519Spki(key.publicKey), changed)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'SPKI_INVALID')
        }
      }),
      { numRuns: 2000 },
    )
  }
})

for (const type of ['x25519', 'ed448'] as const) {
  test(`SPKI_INVALID: a key of type ${type}`, () => {
    const { publicKey } = generateKeyPairSync(type as 'x25519')
    assert.throws(() => decodeSpki(publicKey.export({ format: 'der', type: 'spki' })), refused)
  })
}

const element = (tag: number, ...content: number[]): number[] => [tag, content.length, ...content]
const algorithm = [...Buffer.from('300d06092a864886f70d0101010500', 'hex')]
const tinySpki = (n: number[], e: number[], ...more: number[]): Uint8Array =>
  Uint8Array.from(element(0x30, ...algorithm, ...element(3, 0, ...element(0x30, ...n, ...e, ...more))))

test('the key itself is not judged, so the smallest one is read', () => {
  assert.deepEqual(decodeSpki(tinySpki([2, 1, 17], [2, 1, 3])), { type: 'rsa', rsa: { n: 17n, e: 3n } })
})

for (const [why, spki] of [
  ['an integer with a zero too many', tinySpki([2, 2, 0, 17], [2, 1, 3])],
  ['a negative integer', tinySpki([2, 1, 0x91], [2, 1, 3])],
  ['an integer without bytes', tinySpki([2, 0], [2, 1, 3])],
  ['a third number', tinySpki([2, 1, 17], [2, 1, 3], 2, 1, 3)],
  ['one number', tinySpki([2, 1, 17], [])],
  ['a length in more bytes than it takes', tinySpki([2, 0x81, 1, 17], [2, 1, 3])],
  ['a length in three bytes', tinySpki([2, 0x83, 0, 0, 1, 17], [2, 1, 3])],
  ['an indefinite length', tinySpki([2, 0x80, 17, 0, 0], [2, 1, 3])],
  ['unused bits', tinySpki([2, 1, 17], [2, 1, 3]).with(19, 1)],
  ['another algorithm', tinySpki([2, 1, 17], [2, 1, 3]).with(14, 10)],
] as const) {
  test(`SPKI_INVALID: ${why}`, () => {
    assert.throws(() => decodeSpki(spki), refused)
  })
}

test('the DER reader gives null for a wrong element and stays where it is', () => {
  const reader = new DerReader(derInteger(0x80n))
  assert.equal(reader.sequence(), null)
  assert.equal(reader.octetString(), null)
  assert.equal(reader.bitString(), null)
  assert.equal(reader.skip(Uint8Array.of(2, 1)), false)
  assert.equal(reader.integer(), 0x80n)
  assert.equal(reader.isAtEnd, true)
  assert.equal(reader.integer(), null)
})
