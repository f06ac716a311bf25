import assert from 'node:assert/strict'
import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { rsaPrivateNumbers, textbookRecover, textbookSign } from '#src/crypto/rsa.js'
import { type GenerateOptions, Identity, requirePrivate, requireProtocol } from '#src/identity/identity.js'
import { keysFromPrivateKey } from '#src/identity/keys.js'
import { generateX25519 } from '#src/crypto/x25519.js'
import { vectorIdentity } from './vectors.js'

const [ed25519, rsa1, rsa2] = await Promise.all([
  Identity.generate({ type: 'ed25519' }),
  Identity.generate({ type: 'rsa', protocol: 'stalk/1' }),
  Identity.generate({ type: 'rsa', protocol: 'stalk/2', bits: 2048 }),
])
const { n, e, d } = vectorIdentity('pub-a')

test('an Ed25519 identity is for stalk/2 and signs', () => {
  assert.deepEqual(
    [ed25519.protocol, ed25519.type, ed25519.keysize, ed25519.rsa],
    ['stalk/2', 'ed25519', 256, undefined],
  )
  const signature = sign(null, Buffer.from('x'), requirePrivate(ed25519))
  assert.equal(verify(null, Buffer.from('x'), ed25519.publicKey, signature), true)
})

test('an RSA identity for stalk/1 has 2048 bits by default and e = 65537, which the original reads right', () => {
  assert.deepEqual([rsa1.protocol, rsa1.type, rsa1.keysize, rsa1.rsa?.e], ['stalk/1', 'rsa', 2048, 65537n])
  const signature = textbookSign(requirePrivate(rsa1), Uint8Array.of(1, 2, 3))
  assert.deepEqual(textbookRecover(rsa1.rsa!, signature).slice(-3), Uint8Array.of(1, 2, 3))
})

test('an RSA identity for stalk/2 has the bits asked for, and 3072 by default', async () => {
  assert.deepEqual([rsa2.protocol, rsa2.type, rsa2.keysize, rsa2.rsa?.e], ['stalk/2', 'rsa', 2048, 65537n])
  assert.equal((await Identity.generate({ type: 'rsa', protocol: 'stalk/2' })).keysize, 3072)
})

test('an RSA identity is for stalk/2 unless told otherwise', async () => {
  const { protocol, keysize } = await Identity.generate({ type: 'rsa', bits: 2048 })
  assert.deepEqual([protocol, keysize], ['stalk/2', 2048])
})

test('a modulus below 2048 bits is generated only when minBits allows it', async () => {
  const small = await Identity.generate({ type: 'rsa', protocol: 'stalk/1', bits: 1024, minBits: 1024 })
  assert.equal(small.keysize, 1024)
})

for (const [options, error] of [
  [{ type: 'ed25519', protocol: 'stalk/1' }, TypeError],
  [{ type: 'rsa', bit: 4096 }, TypeError],
  [{ type: 'ed25519', bits: 256 }, TypeError],
  [{ type: 'rsa', protocol: 'stalk/3' }, TypeError],
  [{ type: 'ecdsa' }, TypeError],
  [{ type: 'rsa', protocol: 'stalk/1', bits: 1024 }, RangeError],
  [{ type: 'rsa', protocol: 'stalk/1', bits: 8200 }, RangeError],
  [{ type: 'rsa', protocol: 'stalk/2', bits: 4104 }, RangeError],
  [{ type: 'rsa', protocol: 'stalk/2', bits: 2052 }, RangeError],
  [{ type: 'rsa', protocol: 'stalk/2', bits: 2048.5 }, RangeError],
  [{ type: 'rsa', protocol: 'stalk/2', bits: Number.NaN }, RangeError],
] as const) {
  test(`generate refuses ${JSON.stringify(options)} with ${error.name}`, async () => {
    await assert.rejects(Identity.generate(options as GenerateOptions), error)
  })
}

test('the fingerprint is SHA-256 of the SPKI that OpenSSL writes, in base64url', () => {
  for (const identity of [ed25519, rsa1, rsa2]) {
    const spki = identity.publicKey.export({ format: 'der', type: 'spki' })
    assert.deepEqual(identity.spki, new Uint8Array(spki))
    assert.equal(identity.fingerprint, createHash('sha256').update(spki).digest('base64url'))
    assert.equal(identity.fingerprint.length, 43)
  }
})

test('an identity cannot be changed, nor its SPKI or its numbers', () => {
  const { fingerprint } = ed25519
  assert.throws(() => Object.assign(ed25519, { fingerprint: 'x' }), TypeError)
  assert.throws(() => Object.assign(rsa1.rsa!, { n: 1n }), TypeError)
  ed25519.spki.fill(0)
  assert.equal(createHash('sha256').update(ed25519.spki).digest('base64url'), fingerprint)
})

test('equality is of the whole key: the same n with another e, or for another protocol, is another identity', () => {
  const identity = Identity.fromRsa({ n, e }, 'stalk/1')
  assert.equal(identity.equals(Identity.fromRsa({ n, e, d }, 'stalk/1')), true)
  assert.equal(identity.equals(Identity.fromRsa({ n, e: e + 2n }, 'stalk/1')), false)
  assert.equal(identity.equals(Identity.fromRsa({ n, e: 3n }, 'stalk/1')), false)
  assert.equal(rsa2.equals(Identity.fromRsa(rsa2.rsa!, 'stalk/1')), false)
  assert.equal(rsa2.equals(rsa2.public), true)
  assert.equal(rsa2.equals(ed25519), false)
})

test('the public part has no private key, and is itself its public part', () => {
  const peer = ed25519.public
  assert.equal(peer.privateKey, undefined)
  assert.equal(peer.public, peer)
  assert.equal(peer.equals(ed25519), true)
})

test('an SPKI gives the identity back', () => {
  assert.equal(Identity.fromSpki(ed25519.spki, 'stalk/2').equals(ed25519), true)
  assert.equal(Identity.fromSpki(rsa1.spki, 'stalk/1').equals(rsa1), true)
})

test('SPKI_INVALID: an Ed25519 SPKI for stalk/1', () => {
  assert.throws(() => Identity.fromSpki(ed25519.spki, 'stalk/1'), { code: 'SPKI_INVALID' })
})

test('ED25519_KEY_INVALID: the SPKI of a low-order key', () => {
  const spki = ed25519.spki.fill(0, 12)
  assert.throws(() => Identity.fromSpki(spki, 'stalk/2'), { code: 'ED25519_KEY_INVALID', fault: 'peer' })
})

test('the numbers of an identity are checked by the rules of its protocol', () => {
  assert.throws(() => Identity.fromRsa({ n, e }, 'stalk/2'), { code: 'RSA_EXPONENT_NOT_65537' })
  assert.throws(() => Identity.fromRsa({ n: n - 1n, e }, 'stalk/1'), { code: 'RSA_MODULUS_EVEN' })
  assert.throws(() => Identity.fromRsa(vectorIdentity('pub-b'), 'stalk/1'), { code: 'RSA_MODULUS_TOO_SMALL' })
  assert.throws(() => Identity.fromRsa({ n, e, d: d + 2n }, 'stalk/1'), { code: 'RSA_KEY_MISMATCH' })
})

test('numbers with d give the whole identity', () => {
  const identity = Identity.fromRsa({ n, e, d }, 'stalk/1')
  assert.deepEqual(rsaPrivateNumbers(requirePrivate(identity)), { n, e, d })
  assert.equal(createPublicKey(requirePrivate(identity)).equals(identity.publicKey), true)
})

test('IDENTITY_PROTOCOL: an identity of the other protocol, with the way to make the right one', () => {
  requireProtocol(ed25519, 'stalk/2')
  requireProtocol(rsa1, 'stalk/1')
  assert.throws(
    () => {
      requireProtocol(rsa1, 'stalk/2', 'your identity')
    },
    {
      code: 'IDENTITY_PROTOCOL',
      message: /^your identity .* is for stalk\/1.*`stalk keygen --protocol stalk\/2 --out <another directory>`$/u,
    },
  )
  for (const identity of [ed25519, rsa2]) {
    assert.throws(
      () => {
        requireProtocol(identity, 'stalk/1')
      },
      {
        code: 'IDENTITY_PROTOCOL',
        message: /is for stalk\/2.*`stalk keygen --protocol stalk\/1 --out <another directory>`$/u,
      },
    )
  }
})

test('IDENTITY_PRIVATE_MISSING: a peer’s identity as one’s own', async () => {
  const missing = { code: 'IDENTITY_PRIVATE_MISSING', fault: 'local' }
  assert.throws(() => requirePrivate(ed25519.public), missing)
  await assert.rejects(ed25519.public.save('/nowhere'), missing)
})

test('a private key of another algorithm is a TypeError', () => {
  assert.throws(() => keysFromPrivateKey(generateX25519().privateKey, 'stalk/2'), TypeError)
})

test('generate and parse without their argument are a TypeError that says what they take', async () => {
  await assert.rejects(Identity.generate(undefined as never), {
    name: 'TypeError',
    message: /^generate takes \{ type: 'ed25519' \}/u,
  })
  assert.throws(() => Identity.parse(undefined as never), {
    name: 'TypeError',
    message: /is a string, not undefined$/u,
  })
})
