import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { StalkError, type StalkErrorCode } from '#src/errors.js'
import type { Identity } from '#src/identity/identity.js'
import { signAs } from '#src/identity/sign.js'
import { defaultLimits } from '#src/limits.js'
import { proofBytes, signatureBytesOf, verifyProof, type ProofContext } from '#src/stalk2/identity-proof.js'
import {
  encodeAcceptPayload,
  encodeUnsigned,
  readPayload,
  withSignature,
  type Payload,
  type PayloadPlace,
} from '#src/stalk2/payload.js'
import { encodeTlv } from '#src/stalk2/tlv.js'
import { code } from '../support/errors.js'
import { alice } from '../support/people.js'
import { ed25519Alice, ed25519Bob, rsaAlice, rsaBob } from '../support/stalk2.js'
import { bytes } from '../support/vectors.js'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

test('fields come back as they went in, and the signed part is all before the signature', () => {
  const fields = {
    identity: bytes('aa'),
    maxMessageBytes: 5,
    applicationProtocols: ['a', 'b'],
    ticket: bytes('bb'),
    channels: { creditBytes: 0xffff_ffff, maxChannels: 0xffff },
  }
  const unsigned = encodeUnsigned(fields, 64)
  const whole = withSignature(unsigned, new Uint8Array(64).fill(3))
  assert.equal(whole.length, 512)
  assert.deepEqual(readPayload(whole, 'C'), { ...fields, signature: new Uint8Array(64).fill(3), unsigned })
  const accept = encodeAcceptPayload({ maxMessageBytes: 7, applicationProtocols: ['a'] })
  assert.deepEqual(readPayload(accept, 'ACCEPT').applicationProtocols, ['a'])
})

test('B and C are padded to multiples of 512, whatever is in them', () => {
  for (const signatureBytes of [0, 64, 256, 512]) {
    for (let size = 0; size < 520; size += 1) {
      const signature = signatureBytes === 0 ? 0 : 3 + signatureBytes
      const { length } = encodeUnsigned({ ticket: new Uint8Array(size) }, signatureBytes)
      assert.equal((length + signature) % 512, 0)
    }
  }
})

const refused: readonly [PayloadPlace, string, StalkErrorCode][] = [
  ['B', '01', 'STALK2_PAYLOAD_MALFORMED'],
  ['A', '060006000004000002', 'STALK2_PAYLOAD_MISPLACED'],
  ['B', '060006000004000002', 'STALK2_PAYLOAD_MISPLACED'],
  ['C', '0600050000040000', 'STALK2_PAYLOAD_VALUE'],
  ['C', '060006000003ff0002', 'STALK2_PAYLOAD_VALUE'],
  ['B', '010002aa', 'STALK2_PAYLOAD_MALFORMED'],
  ['B', '01000001', 'STALK2_PAYLOAD_MALFORMED'],
  ['B', '010000010000', 'STALK2_PAYLOAD_ORDER'],
  ['B', 'ff0000010000', 'STALK2_PAYLOAD_ORDER'],
  ['A', '000000', 'STALK2_PAYLOAD_MISPLACED'],
  ['A', 'ff0000', 'STALK2_PAYLOAD_MISPLACED'],
  ['B', '03000400000001', 'STALK2_PAYLOAD_MISPLACED'],
  ['B', '050000', 'STALK2_PAYLOAD_MISPLACED'],
  ['ACCEPT', '010000', 'STALK2_PAYLOAD_MISPLACED'],
  ['C', '800000', 'STALK2_PAYLOAD_CRITICAL'],
  ['ACCEPT', 'fe0000', 'STALK2_PAYLOAD_CRITICAL'],
  ['C', '0000020001', 'STALK2_PAYLOAD_VALUE'],
  ['C', '030003000000', 'STALK2_PAYLOAD_VALUE'],
  ['C', '040000', 'STALK2_PAYLOAD_VALUE'],
  ['C', '040003612c61', 'STALK2_PAYLOAD_VALUE'],
  ['C', '040002612c', 'STALK2_PAYLOAD_VALUE'],
  ['C', '04000120', 'STALK2_PAYLOAD_VALUE'],
  ['C', '040001ff', 'STALK2_PAYLOAD_VALUE'],
  ['ACCEPT', '040003612c62', 'STALK2_PAYLOAD_VALUE'],
]
for (const [place, payload, expected] of refused) {
  test(`in ${place} the payload ${payload} is ${expected}`, () => {
    assert.throws(() => readPayload(bytes(payload), place), code(expected))
  })
}

test('unknown types below 0x80 are ignored in every message, and what follows a value that is known', () => {
  for (const place of ['A', 'B', 'C', 'ACCEPT'] as const) readPayload(bytes('070001aa7f0000'), place)
  assert.equal(readPayload(bytes('03000600000009ffff'), 'C').maxMessageBytes, 9)
  assert.deepEqual(readPayload(bytes('06000700000400000209'), 'ACCEPT').channels, { creditBytes: 1024, maxChannels: 2 })
})

test('64 application protocols are read, 65 are not, nor a name of 256 bytes', () => {
  const names = (count: number): Uint8Array =>
    encodeTlv(4, ascii(Array.from({ length: count }, (_, index) => `p${index}`).join(',')))
  assert.equal(readPayload(names(64), 'C').applicationProtocols?.length, 64)
  assert.throws(() => readPayload(names(65), 'C'), code('STALK2_PAYLOAD_VALUE'))
  assert.throws(() => readPayload(encodeTlv(4, new Uint8Array(256).fill(0x61)), 'C'), code('STALK2_PAYLOAD_VALUE'))
  assert.throws(() => encodeTlv(4, new Uint8Array(65_536)), RangeError)
})

test('a payload that is changed or cut anywhere is read or refused, and nothing else happens', () => {
  const whole = withSignature(
    encodeUnsigned({ identity: ed25519Alice.spki, maxMessageBytes: 1 }, 64),
    new Uint8Array(64),
  )
  for (let at = 0; at < whole.length; at += 1) {
    for (const changed of [whole.with(at, whole[at]! ^ 0x81), whole.subarray(0, at)]) {
      try {
        readPayload(changed, 'C')
      } catch (error) {
        assert.ok(error instanceof StalkError)
      }
    }
  }
})

const hash = new Uint8Array(32).fill(1)
const context: ProofContext = {
  role: 'initiator',
  suiteId: 1,
  handshakeHash: hash,
  staticPublicKey: hash,
  serverSpki: ed25519Bob.spki,
}

async function proved(identity: Identity): Promise<Payload> {
  const unsigned = encodeUnsigned({ identity: identity.spki }, signatureBytesOf(identity))
  return readPayload(withSignature(unsigned, await signAs(identity, proofBytes(context, unsigned))), 'C')
}

test('a proof is good for exactly what it was made for: any other context is STALK2_SIGNATURE_INVALID', async () => {
  for (const identity of [ed25519Alice, rsaAlice]) {
    const payload = await proved(identity)
    assert.ok(verifyProof(payload, context, defaultLimits)?.equals(identity))
    const other = new Uint8Array(32).fill(2)
    const contexts: Partial<ProofContext>[] = [
      { role: 'responder' },
      { suiteId: 2 },
      { handshakeHash: other },
      { staticPublicKey: other },
      { serverSpki: rsaBob.spki },
      { serverSpki: null },
    ]
    for (const change of contexts) {
      assert.throws(
        () => verifyProof(payload, { ...context, ...change }, defaultLimits),
        code('STALK2_SIGNATURE_INVALID'),
      )
    }
    const unsigned = payload.unsigned.with(0, payload.unsigned[0]! ^ 1)
    assert.throws(() => verifyProof({ ...payload, unsigned }, context, defaultLimits), code('STALK2_SIGNATURE_INVALID'))
    for (const signature of [payload.signature!.subarray(1), new Uint8Array([...payload.signature!, 0])]) {
      assert.throws(
        () => verifyProof({ ...payload, signature }, context, defaultLimits),
        code('STALK2_SIGNATURE_INVALID'),
      )
    }
  }
})

test('RSA with another salt, hash or padding is STALK2_SIGNATURE_INVALID', async () => {
  const payload = await proved(rsaAlice)
  const message = proofBytes(context, payload.unsigned)
  const key = rsaAlice.privateKey!
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING }
  const wrong = [
    ...[0, 20, 31, 33].map((saltLength) => sign('sha256', message, { ...pss, saltLength })),
    sign('sha1', message, { ...pss, saltLength: 32 }),
    sign('sha256', message, key),
  ]
  for (const signature of wrong) {
    assert.throws(
      () => verifyProof({ ...payload, signature }, context, defaultLimits),
      code('STALK2_SIGNATURE_INVALID'),
    )
  }
})

test('identity and signature come together or not at all: STALK2_IDENTITY_INCOMPLETE', async () => {
  const payload = await proved(ed25519Alice)
  for (const change of [{ identity: null }, { signature: null }]) {
    assert.throws(
      () => verifyProof({ ...payload, ...change }, context, defaultLimits),
      code('STALK2_IDENTITY_INCOMPLETE'),
    )
  }
  assert.equal(verifyProof({ ...payload, identity: null, signature: null }, context, defaultLimits), null)
})

test('keys that are no identity are refused before anything is verified', async () => {
  const payload = await proved(ed25519Alice)
  const spkiOf = (type: 'ec' | 'rsa' | 'rsa-pss', options: object): Uint8Array =>
    generateKeyPairSync(type as 'rsa', options as { modulusLength: number }).publicKey.export({
      type: 'spki',
      format: 'der',
    })
  const ed25519 = (key: string): Uint8Array => bytes(`302a300506032b6570032100${key}`)
  const keys: readonly [Uint8Array, StalkErrorCode][] = [
    [spkiOf('ec', { namedCurve: 'P-256' }), 'SPKI_INVALID'],
    [spkiOf('rsa-pss', { modulusLength: 2048 }), 'SPKI_INVALID'],
    [spkiOf('rsa', { modulusLength: 1024 }), 'RSA_MODULUS_TOO_SMALL'],
    [spkiOf('rsa', { modulusLength: 2048, publicExponent: 3 }), 'RSA_EXPONENT_NOT_65537'],
    [new Uint8Array([...ed25519Alice.spki, 0]), 'SPKI_INVALID'],
    [ed25519Alice.spki.with(1, 0x81), 'SPKI_INVALID'],
    [ed25519('00'.repeat(32)), 'ED25519_KEY_INVALID'],
    [ed25519(`01${'00'.repeat(31)}`), 'ED25519_KEY_INVALID'],
    [ed25519(`ed${'ff'.repeat(30)}7f`), 'ED25519_KEY_INVALID'],
  ]
  for (const [identity, expected] of keys) {
    assert.throws(() => verifyProof({ ...payload, identity }, context, defaultLimits), code(expected))
  }
})

test('only a stalk/2 identity with its private key signs', async () => {
  await assert.rejects(signAs(alice, hash), code('IDENTITY_PROTOCOL'))
  await assert.rejects(signAs(ed25519Alice.public, hash), code('IDENTITY_PRIVATE_MISSING'))
})
