import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Identity } from '#src/identity/identity.js'
import { vectorIdentities, vectorIdentity } from './vectors.js'

const ed25519 = await Identity.generate({ type: 'ed25519' })
const { n, e } = vectorIdentity('pub-a')
const rsa = Identity.fromRsa({ n, e }, 'stalk/1')
const line = ed25519.toString()
const base64 = (spki: Uint8Array): string => Buffer.from(spki).toString('base64url')
const lowOrder = ed25519.spki.fill(0, 12)

test('an Ed25519 identity survives its text', () => {
  const read = Identity.parse(line)
  assert.match(line, /^stalk\/2:ed25519:[\w-]{59}$/u)
  assert.equal(read.equals(ed25519), true)
  assert.equal(read.fingerprint, ed25519.fingerprint)
  assert.equal(read.privateKey, undefined)
  assert.deepEqual(read.publicKey.export({ format: 'jwk' }), ed25519.publicKey.export({ format: 'jwk' }))
})

for (const { name, n, e } of vectorIdentities) {
  test(`${name} survives its text as stalk/1`, () => {
    const identity = Identity.fromRsa({ n, e }, 'stalk/1', { minBits: 512 })
    const read = Identity.parse(identity.toString(), { minBits: 512 })
    assert.deepEqual(read.rsa, { n, e })
    assert.equal(read.toString(), identity.toString())
    assert.equal(read.equals(identity), true)
  })
}

test('white space around the text does not count', () => {
  assert.equal(Identity.parse(`\n\t ${line}\r\n`).equals(ed25519), true)
})

for (const [why, text, message] of [
  ['nothing', '  ', /it is empty/u],
  ['a fingerprint', ed25519.fingerprint, /fingerprint/u],
  ['PEM', '-----BEGIN PUBLIC KEY-----', /PEM/u],
  ['a word', 'alice', /<protocol>:<type>:<key>/u],
  ['four parts', `${line}:`, /<protocol>:<type>:<key>/u],
  ['an unknown protocol', line.replace('stalk/2', 'stalk/3'), /protocol must be stalk\/1 or stalk\/2, not "stalk\/3"/u],
  ['a protocol with control characters', line.replace('stalk/2', '\u001b[2J'), /not "\?\[2J"/u],
  ['an unknown type', line.replace('ed25519', 'ecdsa'), /type ed25519 or rsa, not "ecdsa"/u],
  ['Ed25519 for stalk/1', line.replace('stalk/2', 'stalk/1'), /stalk\/1 key is of type rsa, not "ed25519"/u],
  ['Ed25519 called RSA for stalk/1', line.replace('stalk/2:ed25519', 'stalk/1:rsa'), /no Ed25519/u],
  ['Ed25519 called RSA', line.replace('ed25519', 'rsa'), /says rsa but holds a key of type ed25519/u],
  ['no key', 'stalk/2:ed25519:', /key is missing/u],
  ['a line break in the key', `${line.slice(0, 40)}\n${line.slice(40)}`, /white space/u],
  ['padding', `${line}=`, /base64url without padding/u],
  ['a foreign character', `${line.slice(0, -1)}é`, /not base64url/u],
  ['a cut that leaves a lone digit', line.slice(0, -2), /cut off or damaged/u],
  ['a cut at a whole byte', line.slice(0, -3), /cut off, damaged/u],
  ['a low-order key', `stalk/2:ed25519:${base64(lowOrder)}`, /low order/u],
  ['an even modulus', `stalk/1:rsa:${base64(evenSpki())}`, /modulus is even/u],
  ['a stalk/1 exponent for stalk/2', rsa.toString().replace('stalk/1', 'stalk/2'), /65537/u],
  ['more characters than any key has', `stalk/1:rsa:${'A'.repeat(9000)}`, /9012 characters/u],
] as const) {
  test(`IDENTITY_TEXT_INVALID: ${why}`, () => {
    assert.throws(() => Identity.parse(text), { code: 'IDENTITY_TEXT_INVALID', message })
  })
}

test('every cut of a text is IDENTITY_TEXT_INVALID', () => {
  for (const whole of [line, rsa.toString()]) {
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => Identity.parse(whole.slice(0, length)), { code: 'IDENTITY_TEXT_INVALID' })
    }
  }
})

test('a text with a modulus outside the limits keeps the code of the limit', () => {
  const small = vectorIdentity('pub-b')
  const text = Identity.fromRsa(small, 'stalk/1', { minBits: 1024 }).toString()
  assert.throws(() => Identity.parse(text), { code: 'RSA_MODULUS_TOO_SMALL', message: /1024 bits, at least 2048/u })
  assert.throws(() => Identity.parse(rsa.toString(), { maxBits: 1024, minBits: 1024 }), {
    code: 'RSA_MODULUS_TOO_LARGE',
  })
})

test('printing and JSON show the public key alone', () => {
  const { n, e, d } = vectorIdentity('pub-b')
  for (const identity of [ed25519, Identity.fromRsa({ n, e, d }, 'stalk/1', { minBits: 1024 })]) {
    assert.ok(identity.privateKey)
    const shown = `Identity(${identity.protocol} ${identity.type}-${identity.keysize} ${identity.fingerprint})`
    assert.equal(inspect(identity, { depth: 10, showHidden: true }), shown)
    assert.equal(inspect({ identity }, { breakLength: Infinity }), `{ identity: ${shown} }`)
    assert.equal(JSON.stringify({ identity }), JSON.stringify({ identity: identity.toString() }))
    assert.equal(identity.toString(), identity.public.toString())
  }
})

function evenSpki(): Uint8Array {
  const spki = rsa.spki
  // e is random in the original: find where n ends, right before its INTEGER
  const lastByteOfN = spki.length - 1 - (e.toString(16).length / 2 + (e >> 2047n ? 1 : 0)) - 4
  return spki.with(lastByteOfN, (spki[lastByteOfN] ?? 0) ^ 1)
}
