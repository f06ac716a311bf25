// Identities as text. An input is a line, or if it begins with a zero byte what stands in the base64url of one: a SubjectPublicKeyInfo.
import assert from 'node:assert/strict'
import { Identity } from '#src/identity/identity.js'
import { decodeSpki } from '#src/identity/spki.js'
import { fixedIdentity } from '../../testkit/fixed-keys.js'
import { kitIdentities } from '../../testkit/kit-identities.js'
import { alice } from '../../support/people.js'
import { outcomeOf } from '../outcome.js'
import type { Target } from '../target.js'

const spkis = [...['alice', 'rsa-2048', 'rsa-1024', 'rsa-2048-e3'].map((name) => fixedIdentity(name).spki), alice.spki]
const headers = ['stalk/1:rsa:', 'stalk/2:rsa:', 'stalk/2:ed25519:']

export const identityTextTarget: Target = {
  name: 'identity-text',
  reads: 'identities as text, and the public keys in them',
  seeds: [
    ...['alice', 'rsa-2048'].map((name) => utf8(kitIdentities.get(name)!.toString())),
    utf8(alice.toString()),
    utf8(kitIdentities.get('alice')!.fingerprint),
    utf8('-----BEGIN PUBLIC KEY-----'),
    ...spkis.map((spki) => new Uint8Array([0, ...spki])),
  ],
  dictionary: [...headers, ':', 'stalk/2', '\u00a0', '\u2028'].map(utf8),
  run(input) {
    if (input[0] !== 0) return read(new TextDecoder().decode(input))
    const digits = Buffer.from(input.subarray(1)).toString('base64url')
    const outcomes = headers.map((header) => read(header + digits))
    return `${outcomes.join('; ')}; ${outcomeOf(() => decodeSpki(input.slice(1)).type)}`
  },
}

function read(text: string): string {
  return outcomeOf(() => {
    const identity = Identity.parse(text, { minBits: 1024 })
    assert.equal(identity.toString(), text.trim())
    assert.equal(identity.privateKey, undefined)
    assert.ok(Identity.fromSpki(identity.spki, identity.protocol, { minBits: 1024 }).equals(identity))
    return `${identity.protocol} ${identity.type}`
  }, ['IDENTITY_TEXT_INVALID'])
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
