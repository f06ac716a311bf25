import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '#src/crypto/bytes.js'
import {
  decodeIdentityFiles,
  decodePublicFile,
  type DecodeOptions,
  encodeIdentityFiles,
} from '#src/identity/file-format.js'
import { Identity, requirePrivate } from '#src/identity/identity.js'
import { type IdentityKeys, keysFromPrivateKey } from '#src/identity/keys.js'
import { decodePem, encodePem } from '#src/identity/pem.js'
import { decodeRaw } from '#src/identity/raw-format.js'
import { vectorIdentity } from './vectors.js'

const limits = { minBits: 512 }
const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text
const pem = (key: KeyObject): string =>
  String(key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }))
const decode = (
  id_priv: string | Uint8Array,
  id_pub?: string | Uint8Array,
  options: DecodeOptions = limits,
): IdentityKeys =>
  decodeIdentityFiles(
    { path: 'id_priv', bytes: bytesOf(id_priv) },
    id_pub === undefined ? undefined : { path: 'id_pub', bytes: bytesOf(id_pub) },
    options,
  )

const ed25519 = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const raw = vectorIdentity('pub-b')
const short = vectorIdentity('pub-short-d')
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })

for (const [why, id_priv, id_pub, message] of [
  ['nothing', '', undefined, /neither PEM nor the raw format of stalk\/1: it has 0 bytes/u],
  ['three bytes', 'abc', undefined, /it has 3 bytes/u],
  ['a text', 'hello, world', undefined, /neither PEM nor the raw format/u],
  ['a key size of 0', new Uint8Array(40), undefined, /\(0 bits\)/u],
  ['a key size that is not whole bytes', Uint8Array.of(1, 4, 0, 0, 1, 1), undefined, /\(1025 bits\)/u],
  ['a key size that is too large for the file', Uint8Array.of(0, 4, 0, 0, 1, 1), undefined, /1024 bits, .* 6 bytes/u],
  [
    'no exponent',
    concatBytes(raw.privateBytes.slice(0, 4), raw.privateBytes.slice(-128)),
    raw.publicBytes,
    /132 bytes/u,
  ],
  ['an exponent longer than n', concatBytes(raw.privateBytes, Uint8Array.of(1)), raw.publicBytes, /261 bytes/u],
  ['a modulus shorter than the header tells', raw.privateBytes.with(259, 0), raw.publicBytes, /its modulus has 1016/u],
  ['raw without id_pub', raw.privateBytes, undefined, /id_pub is missing/u],
  ['raw with another’s id_pub', raw.privateBytes, short.publicBytes, /does not belong to the id_pub/u],
  ['raw with a PEM id_pub', raw.privateBytes, pem(rsa.publicKey), /does not belong to the id_pub/u],
  [
    'raw with another d',
    raw.privateBytes.with(4, raw.privateBytes[4]! ^ 2),
    raw.publicBytes,
    /do not belong together/u,
  ],
  ['raw with another e', raw.privateBytes, raw.publicBytes.with(4, raw.publicBytes[4]! ^ 2), /do not belong together/u],
  ['raw with e and d the same', raw.publicBytes, raw.publicBytes, /do not belong together/u],
  ['raw with an even e', raw.privateBytes, raw.publicBytes.with(4, raw.publicBytes[4]! ^ 1), /exponent is even/u],
  ['PEM with another’s id_pub', pem(rsa.privateKey), pem(ed25519.publicKey), /does not belong to the id_pub/u],
  ['PEM with the same key as stalk/1', pem(rsa.privateKey), stalk1Text(), /does not belong to the id_pub/u],
  ['PEM with a broken id_pub', pem(rsa.privateKey), 'x', /id_pub is no identity file/u],
  ['PEM with a private id_pub', pem(rsa.privateKey), pem(rsa.privateKey), /holds a PRIVATE KEY, not a PUBLIC KEY/u],
  ['PEM with a cut id_pub', pem(rsa.privateKey), pem(rsa.publicKey).slice(0, 100), /id_pub.*cut off/u],
  ['PEM with an id_pub of another algorithm', pem(rsa.privateKey), pem(p256.publicKey), /no Ed25519 or RSA key/u],
  ['PEM with a damaged text as id_pub', pem(rsa.privateKey), 'stalk/2:rsa:AAAA', /id_pub.*cut off/u],
  ['a public key', pem(rsa.publicKey), undefined, /holds a PUBLIC KEY; PKCS#8 is needed/u],
  ['PKCS#1', String(rsa.privateKey.export({ format: 'pem', type: 'pkcs1' })), undefined, /RSA PRIVATE KEY; PKCS#8/u],
  ['an elliptic curve', pem(p256.privateKey), undefined, /a key of type ec, not ed25519 or rsa/u],
  ['a key for key agreement', pem(generateKeyPairSync('x25519').privateKey), undefined, /type x25519/u],
  ['PEM of something else', encodePem('PRIVATE KEY', Uint8Array.of(1, 2, 3)), undefined, /OpenSSL cannot read/u],
  ['encrypted PEM of something else', encodePem('ENCRYPTED PRIVATE KEY', Uint8Array.of(1, 2)), undefined, /cut off/u],
  ['two PEM in one file', pem(rsa.privateKey) + pem(rsa.privateKey), undefined, /cut off or damaged/u],
  ['RSA with another exponent than 65537', pem(exponent3()), undefined, /must be 65537/u],
] as const) {
  test(`IDENTITY_FILE_INVALID: ${why}`, () => {
    assert.throws(() => decode(id_priv, id_pub), { code: 'IDENTITY_FILE_INVALID', message, fault: 'local' })
  })
}

test('the repair: n is the last keysize / 8 bytes, the rest is the exponent, however short', () => {
  assert.deepEqual(decodeRaw(short.privateBytes), { n: short.n, exponent: short.d })
  const { publicBytes, n, e } = vectorIdentity('pub-short-e')
  assert.deepEqual(decodeRaw(publicBytes), { n, exponent: e })
  const tiny = concatBytes(raw.publicBytes.slice(0, 4), Uint8Array.of(3), raw.publicBytes.slice(-128))
  assert.deepEqual(decodeRaw(tiny), { n: raw.n, exponent: 3n })
})

test('a limit on the modulus keeps its own code, with the path', () => {
  for (const [privateFile, publicFile] of [
    [raw.privateBytes, raw.publicBytes],
    [pem(rsa.privateKey), undefined],
  ] as const) {
    assert.throws(() => decode(privateFile, publicFile, {}), { code: 'RSA_MODULUS_TOO_SMALL', message: /^id_p/u })
    assert.throws(() => decode(privateFile, publicFile, { minBits: 512, maxBits: 512 }), {
      code: 'RSA_MODULUS_TOO_LARGE',
    })
  }
})

test('a private RSA key whose numbers contradict each other is IDENTITY_FILE_INVALID', () => {
  const { d, ...rest } = rsa.privateKey.export({ format: 'jwk' })
  assert.ok(d)
  const der = new Uint8Array(rsa.privateKey.export({ format: 'der', type: 'pkcs8' }))
  const at = Buffer.from(der).indexOf(Buffer.from(rest.dp ?? '', 'base64url')) + 5
  assert.ok(at > 100)
  const changed = encodePem('PRIVATE KEY', der.with(at, der[at]! ^ 1))
  assert.throws(() => decode(changed), { code: 'IDENTITY_FILE_INVALID', message: /do not belong together/u })
})

test('a file cut anywhere, or with one byte changed, is IDENTITY_FILE_INVALID or the very same key', () => {
  for (const [whole, id_pub] of [
    [short.privateBytes, short.publicBytes],
    [bytesOf(pem(ed25519.privateKey)), bytesOf(pem(ed25519.publicKey))],
    [bytesOf(pem(rsa.privateKey)), bytesOf(pem(rsa.publicKey))],
  ] as const) {
    const { spki } = decode(whole, id_pub)
    const refusedOrSame = (privateFile: Uint8Array, publicFile: Uint8Array): void => {
      try {
        assert.deepEqual(decode(privateFile, publicFile).spki, spki)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'IDENTITY_FILE_INVALID', String(error))
      }
    }
    for (let length = 0; length < whole.length; length += 7) refusedOrSame(whole.slice(0, length), id_pub)
    for (let length = 0; length < id_pub.length; length += 7) refusedOrSame(whole, id_pub.slice(0, length))
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (at, where, bit) => {
        const target = where % 2 === 0 ? whole : id_pub
        const index = at % target.length
        const changed = target.with(index, target[index]! ^ (1 << bit))
        refusedOrSame(target === whole ? changed : whole, target === id_pub ? changed : id_pub)
      }),
      { numRuns: 300 },
    )
  }
})

test('an encrypted file with one byte changed is refused, as damaged or as a wrong passphrase, or is the very same key', async () => {
  const keys = keysFromPrivateKey(ed25519.privateKey, 'stalk/2')
  const { privateBytes } = await encodeIdentityFiles(keys, ed25519.privateKey, 'p')
  for (const index of [5, 40, 150, privateBytes.length - 60, privateBytes.length - 5]) {
    const changed = privateBytes.with(index, privateBytes.at(index) === 0x41 ? 0x42 : 0x41)
    try {
      // CBC lets a changed IV through where it only touches a part of PKCS#8 that nobody reads
      assert.deepEqual(decode(changed, pem(ed25519.publicKey), { passphrase: 'p' }).spki, keys.spki)
    } catch (error) {
      assert.match(String((error as { code?: string }).code), /^IDENTITY_(?:FILE_INVALID|PASSPHRASE)$/u)
    }
  }
})

test('no message of a refusal holds what the file held', () => {
  const secret = Buffer.from(raw.privateBytes.slice(4, 132)).toString('hex')
  for (const id_pub of [undefined, short.publicBytes, raw.publicBytes.with(4, 1)]) {
    assert.throws(
      () => decode(raw.privateBytes, id_pub),
      (error: Error) => !`${error.stack ?? ''}${String(error.cause)}`.includes(secret.slice(0, 16)),
    )
  }
})

/** As PEM breaks it. */
function lines(digits: string): string {
  return (digits.match(/.{1,64}/gu) ?? []).join('\n')
}

test('PEM survives for every length, and one line too many or too short is not PEM', () => {
  for (let length = 1; length < 150; length++) {
    const der = Uint8Array.from({ length }, (_, index) => index)
    const file = encodePem('X', der)
    const text = `-----BEGIN X-----\n${lines(Buffer.from(der).toString('base64'))}\n-----END X-----\n`
    assert.equal(new TextDecoder().decode(file), text)
    assert.deepEqual(decodePem(file), { label: 'X', der })
    for (const other of [text.trimEnd(), text.replaceAll('\n', '\r\n')]) {
      assert.deepEqual(decodePem(bytesOf(other)), { label: 'X', der })
    }
  }
  const text = new TextDecoder().decode(encodePem('X', new Uint8Array(100)))
  for (const bad of [
    ` ${text}`,
    `${text}\n`,
    `${text}x`,
    text.replace('A\n', '\nA'),
    text.replace('AAAA\n', 'AAAA'),
    text.replace('AAAA', 'AA-_'),
    text.replace('==', '='),
    text.replace('END X', 'END Y'),
    text.replace('BEGIN X', 'BEGIN x'),
    text.replaceAll('A', ' '),
    text.replace('==', '=\n='),
    text.replace('A==', 'B=='),
    text.replace('A==', '==='),
    text.trimEnd() + '\r',
  ]) {
    assert.equal(decodePem(bytesOf(bad)), null, bad)
  }
})

test('decodePublicFile reads each of the three forms', () => {
  const file = (bytes: string | Uint8Array): IdentityKeys =>
    decodePublicFile({ path: 'f', bytes: bytesOf(bytes) }, limits)
  assert.equal(file(raw.publicBytes).protocol, 'stalk/1')
  assert.equal(file(pem(rsa.publicKey)).protocol, 'stalk/2')
  assert.equal(file(stalk1Text()).protocol, 'stalk/1')
})

test('a stalk/1 key is never written as PEM, nor a stalk/2 key raw', async () => {
  const first = Identity.fromRsa({ n: raw.n, e: raw.e, d: raw.d }, 'stalk/1', limits)
  const keys = decode(raw.privateBytes, raw.publicBytes)
  const { privateBytes, publicBytes } = await encodeIdentityFiles(keys, requirePrivate(first), undefined)
  assert.deepEqual(privateBytes, raw.privateBytes)
  assert.deepEqual(publicBytes, raw.publicBytes)
  const second = await encodeIdentityFiles(
    keysFromPrivateKey(rsa.privateKey, 'stalk/2', limits),
    rsa.privateKey,
    undefined,
  )
  assert.equal(new TextDecoder().decode(second.privateBytes), pem(rsa.privateKey))
  assert.equal(new TextDecoder().decode(second.publicBytes), pem(rsa.publicKey))
})

function stalk1Text(): string {
  const { n, e } = keysFromPrivateKey(rsa.privateKey, 'stalk/2', limits).rsa!
  return Identity.fromRsa({ n, e }, 'stalk/1', limits).toString()
}

function exponent3(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 3 }).privateKey
}
