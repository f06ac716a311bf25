import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hmacSha256 } from '#src/crypto/hkdf.js'
import { sha256 } from '#src/crypto/sha256.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers, parseProtocolName } from '#src/noise/suites.js'
import { SymmetricState } from '#src/noise/symmetric-state.js'
import { none, text } from './support.js'

const cipher = noiseCiphers.AESGCM
const secret = new Uint8Array(32).fill(5)

test('a name of 32 bytes is padded, not hashed; a longer one is hashed', () => {
  const name = 'n'.repeat(32)
  assert.deepEqual(new SymmetricState({ name, cipher }).handshakeHash, text(name))
  assert.deepEqual(new SymmetricState({ name: 'n', cipher }).handshakeHash, Uint8Array.of(110, ...new Uint8Array(31)))
  assert.deepEqual(new SymmetricState({ name: `${name}n`, cipher }).handshakeHash, sha256(text(`${name}n`)))
})

test('split gives out1, out2 and out3 of the HKDF over the chaining key', () => {
  const name = 'Noise_XX_25519_AESGCM_SHA256'
  const state = new SymmetricState(parseProtocolName(name))
  const chainingKey = state.handshakeHash
  const { initiatorToResponder, responderToInitiator, exporterSecret } = state.split()
  const temporary = hmacSha256(chainingKey, none)
  const out1 = hmacSha256(temporary, Uint8Array.of(1))
  const out2 = hmacSha256(temporary, out1, Uint8Array.of(2))
  const out3 = hmacSha256(temporary, out2, Uint8Array.of(3))
  for (const [actual, key] of [
    [initiatorToResponder, out1],
    [responderToInitiator, out2],
  ] as const) {
    assert.deepEqual(actual.encryptWithAd(none, none), new CipherState(cipher, key).encryptWithAd(none, none))
  }
  assert.deepEqual(exporterSecret, out3)
})

test('after split every key is gone: a TypeError; the handshake hash stays, as a copy', () => {
  const state = new SymmetricState({ name: 'n', cipher })
  state.mixKey(secret)
  assert.equal(state.hasKey, true)
  state.mixHash(text('data'))
  const hash = state.handshakeHash
  state.split()
  for (const use of [
    () => state.split(),
    () => state.mixKey(secret),
    () => state.mixKeyAndHash(secret),
    () => state.encryptAndHash(none),
    () => state.decryptAndHash(none),
  ]) {
    assert.throws(use, TypeError)
  }
  state.handshakeHash.fill(0)
  assert.deepEqual(state.handshakeHash, hash)
})

test('what does not authenticate changes nothing: the right ciphertext can still be read', () => {
  const [writer, reader] = [new SymmetricState({ name: 'n', cipher }), new SymmetricState({ name: 'n', cipher })]
  for (const side of [writer, reader]) side.mixKeyAndHash(secret)
  const ciphertext = writer.encryptAndHash(text('plain'))
  assert.throws(() => reader.decryptAndHash(ciphertext.with(3, ciphertext[3]! ^ 1)), { code: 'NOISE_DECRYPT_FAILED' })
  assert.deepEqual(reader.decryptAndHash(ciphertext), text('plain'))
  assert.deepEqual(reader.handshakeHash, writer.handshakeHash)
})
