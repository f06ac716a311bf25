// Payloads of A, B, C and ACCEPT, and the identities and signatures in them.
import assert from 'node:assert/strict'
import { defaultLimits } from '#src/limits.js'
import { proofBytes, verifyProof, type ProofContext } from '#src/stalk2/identity-proof.js'
import { encodeUnsigned, readPayload, withSignature, type PayloadPlace } from '#src/stalk2/payload.js'
import { encodeTlv, parseTlvs } from '#src/stalk2/tlv.js'
import { fixedIdentity, fixedSignature } from '../../testkit/fixed-keys.js'
import type { Target } from '../target.js'
import { outcomeOf } from '../outcome.js'

const places: readonly PayloadPlace[] = ['A', 'B', 'C', 'ACCEPT']

const context: ProofContext = {
  role: 'initiator',
  suiteId: 1,
  handshakeHash: new Uint8Array(32).fill(1),
  staticPublicKey: new Uint8Array(32).fill(2),
  serverSpki: null,
}

export const payloadTarget: Target = {
  name: 'payload',
  reads: 'payloads of A, B, C and ACCEPT, with the identities and signatures in them',
  seeds: [
    new Uint8Array(),
    ...['alice', 'rsa-2048'].map(signedPayload),
    encodeUnsigned({ maxMessageBytes: 2 ** 32 - 1, applicationProtocols: ['chat'] }, 0),
    encodeTlv(0x10, Uint8Array.of(1, 2)),
  ],
  run(input) {
    return places.map((place) => outcomeOf(() => read(input, place))).join('; ')
  },
}

function signedPayload(name: string): Uint8Array {
  const identity = fixedIdentity(name)
  const fields = { maxMessageBytes: 1024, applicationProtocols: ['kv/1', 'chat'], ticket: Uint8Array.of(1) }
  const unsigned = encodeUnsigned({ identity: identity.spki, ...fields }, identity.type === 'ed25519' ? 64 : 256)
  return withSignature(unsigned, fixedSignature(identity, proofBytes(context, unsigned)))
}

function read(input: Uint8Array, place: PayloadPlace): string {
  const payload = readPayload(input, place)
  const entries = parseTlvs(input)
  assert.deepEqual(Buffer.concat(entries.map(({ type, value }) => encodeTlv(type, value))), Buffer.from(input))
  assert.ok(entries.every(({ type }, index) => index === 0 || type > entries[index - 1]!.type))
  assert.ok(entries.every(({ type }) => type < 0x80 || type === 0xff))
  assert.ok(payload.applicationProtocols?.every((name) => /^[!-+\--~]{1,255}$/u.test(name)) ?? true)
  const signed = payload.signature === null ? 0 : payload.signature.length + 3
  assert.equal(payload.unsigned.length + signed, input.length)
  if (place === 'A' || place === 'ACCEPT') return 'read'
  return outcomeOf(() => verifyProof(payload, context, defaultLimits)?.type ?? 'nobody')
}
