import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { aeadSeal } from '#src/crypto/aead.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { code } from '../support/errors.js'
import { bytes, none, text } from './support.js'

const key = new Uint8Array(32).fill(0xab)

for (const [name, cipher] of Object.entries(noiseCiphers)) {
  test(`${name}: the counter moves on success only, and a failure says nothing`, () => {
    const sender = new CipherState(cipher, key)
    const receiver = new CipherState(cipher, key)
    const [first, second] = [sender.encryptWithAd(text('ad'), text('one')), sender.encryptWithAd(none, none)]
    assert.equal(sender.nonce, 2)
    for (const wrong of [
      second,
      none,
      first.subarray(0, 15),
      first.with(0, first[0]! ^ 1),
      first.with(18, first[18]! ^ 1),
    ]) {
      assert.equal(receiver.decryptWithAd(text('ad'), wrong), null)
    }
    assert.equal(receiver.decryptWithAd(text('da'), first), null)
    assert.equal(receiver.nonce, 0)
    assert.deepEqual(receiver.decryptWithAd(text('ad'), first), text('one'))
    assert.equal(receiver.decryptWithAd(text('ad'), first), null)
    assert.deepEqual(receiver.decryptWithAd(none, second), none)
    assert.equal(receiver.nonce, 2)
  })

  test(`${name}: after 2^53 - 2 every use of the key is NOISE_NONCE_EXHAUSTED`, () => {
    const state = new CipherState(cipher, key, Number.MAX_SAFE_INTEGER - 1)
    const last = state.encryptWithAd(none, text('last'))
    assert.throws(() => state.encryptWithAd(none, none), code('NOISE_NONCE_EXHAUSTED'))
    assert.throws(() => state.decryptWithAd(none, last), code('NOISE_NONCE_EXHAUSTED'))
    assert.throws(() => state.rekey(), code('NOISE_NONCE_EXHAUSTED'))
  })
}

test('the counter is big endian for AESGCM and little endian for ChaChaPoly, after 4 zero bytes, beyond 2^32 too', () => {
  for (const [cipher, nonce] of [
    [noiseCiphers.AESGCM, '000000000001000200030004'],
    [noiseCiphers.ChaChaPoly, '000000000400030002000100'],
  ] as const) {
    const state = new CipherState(cipher, key, 0x0001_0002_0003_0004)
    assert.deepEqual(
      state.encryptWithAd(text('ad'), text('x')),
      aeadSeal(cipher.algorithm, key, bytes(nonce), text('ad'), text('x')),
    )
  }
})

test('without a key everything passes in clear, as a copy, and there is nothing to rekey', () => {
  const state = new CipherState(noiseCiphers.AESGCM, null)
  const plaintext = text('clear')
  const copies = [state.encryptWithAd(none, plaintext), state.decryptWithAd(none, plaintext)]
  for (const copy of copies) {
    assert.deepEqual(copy, plaintext)
    assert.notEqual(copy, plaintext)
  }
  assert.deepEqual([state.hasKey, state.nonce], [false, 0])
  assert.throws(() => state.rekey(), TypeError)
})

test('a wiped state never passes anything through: every use is a TypeError', () => {
  const state = new CipherState(noiseCiphers.AESGCM, key)
  assert.equal(state.hasKey, true)
  state.wipe()
  assert.throws(() => state.encryptWithAd(none, none), TypeError)
  assert.throws(() => state.decryptWithAd(none, none), TypeError)
  assert.throws(() => state.rekey(), TypeError)
})

test('the key is copied, and inspect does not show it', () => {
  const own = key.slice()
  const state = new CipherState(noiseCiphers.AESGCM, own)
  own.fill(0)
  const same = new CipherState(noiseCiphers.AESGCM, key)
  assert.deepEqual(state.encryptWithAd(none, none), same.encryptWithAd(none, none))
  assert.doesNotMatch(inspect(state, { depth: 9, showHidden: true }), /171/u)
})

test('a key of 31 bytes and a counter that is no safe integer are RangeErrors', () => {
  assert.throws(() => new CipherState(noiseCiphers.AESGCM, new Uint8Array(31)), RangeError)
  for (const nonce of [-1, 0.5, 2 ** 53]) {
    assert.throws(() => new CipherState(noiseCiphers.AESGCM, key, nonce), RangeError)
  }
})

test('what was prepared is the same as what was not, serves one message, and is gone with the key that it was made for', () => {
  for (const cipher of Object.values(noiseCiphers)) {
    const [sender, same, receiver] = [1, 2, 3].map(() => new CipherState(cipher, key)) as [
      CipherState,
      CipherState,
      CipherState,
    ]
    const steps = [
      () => undefined,
      () => sender.rekey(),
      () => sender.forgetPrepared(),
      () => void sender.encryptWithAd(none, none),
    ]
    for (const step of steps) {
      sender.prepareToEncrypt()
      receiver.prepareToDecrypt()
      step()
      if (step === steps[1]) {
        same.rekey()
        receiver.rekey()
      }
      if (step === steps[3]) receiver.decryptWithAd(text('ad'), same.encryptWithAd(text('ad'), none))
      const { ciphertext, tag } = sender.encryptParts(text('secret'))
      const expected = same.encryptWithAd(none, text('secret'))
      assert.deepEqual(Buffer.concat([ciphertext, tag]), Buffer.from(expected))
      assert.deepEqual(receiver.decryptWithAd(none, expected), text('secret'))
    }
    receiver.prepareToDecrypt()
    const next = same.encryptWithAd(none, text('next'))
    assert.equal(receiver.decryptWithAd(none, next.with(0, next[0]! ^ 1)), null)
    assert.deepEqual(receiver.decryptWithAd(none, next), text('next'))
    // one state in both directions has one counter
    const [both, plain] = [new CipherState(cipher, key), new CipherState(cipher, key)]
    both.prepareToEncrypt()
    both.prepareToDecrypt()
    const came = new CipherState(cipher, key).encryptWithAd(none, text('came'))
    for (const state of [both, plain]) assert.deepEqual(state.decryptWithAd(none, came), text('came'))
    assert.deepEqual(both.encryptParts(text('x')), plain.encryptParts(text('x')))
    sender.prepareToEncrypt()
    sender.wipe()
    assert.throws(() => sender.encryptParts(none), TypeError)
    assert.throws(() => sender.prepareToEncrypt(), TypeError)
  }
})

test('what was prepared and is not used is finished, which makes OpenSSL clear the key in it: when the key is wiped or replaced, or somebody is silent', (t) => {
  const [iv, options] = [new Uint8Array(12), { authTagLength: 16 }]
  const made = [createCipheriv('aes-256-gcm', key, iv, options), createDecipheriv('aes-256-gcm', key, iv, options)]
  const finals = made.map((cipher) => t.mock.method(Object.getPrototypeOf(cipher) as typeof cipher, 'final'))
  const counts = (): number[] => finals.map(({ mock }) => mock.callCount())
  for (const end of ['wipe', 'rekey', 'forgetPrepared'] as const) {
    const state = new CipherState(noiseCiphers.AESGCM, key)
    state.prepareToEncrypt()
    state.prepareToDecrypt()
    const [encryptions = 0, decryptions = 0] = counts()
    state[end]()
    // replacing a key is an encryption itself
    assert.deepEqual(counts(), [encryptions + (end === 'rekey' ? 2 : 1), decryptions + 1])
  }
})
