import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePattern } from '#src/noise/patterns.js'
import { noiseCiphers, parseProtocolName } from '#src/noise/suites.js'

test('psk0 stands before the first message’s tokens, pskN after the Nth’s', () => {
  assert.deepEqual(parsePattern('XXpsk0+psk1+psk2+psk3').messages, [
    ['psk', 'e', 'psk'],
    ['e', 'ee', 's', 'es', 'psk'],
    ['s', 'se', 'psk'],
  ])
  assert.deepEqual(parsePattern('XXpsk3+psk0'), parsePattern('XXpsk0+psk3'))
})

test('a name without modifiers is the pattern of the specification', () => {
  assert.deepEqual(parsePattern('XK'), {
    initiatorKnown: false,
    responderKnown: true,
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
      ['s', 'se'],
    ],
  })
})

test('anything else is a TypeError: unknown patterns, deferred ones, modifiers unknown, twice or beyond the last message', () => {
  for (const name of [
    '',
    'ZZ',
    'xx',
    'XX1',
    'NK1',
    'XXfallback',
    'XXpsk',
    'XXpsk4',
    'NNpsk3',
    'XXpsk0+psk0',
    'XXpsk0psk1',
    'XX ',
  ]) {
    assert.throws(() => parsePattern(name), TypeError, name)
  }
})

test('a protocol name gives pattern and cipher; another Diffie-Hellman, cipher or hash is a TypeError', () => {
  assert.equal(parseProtocolName('Noise_XX_25519_AESGCM_SHA256').cipher, noiseCiphers.AESGCM)
  assert.equal(parseProtocolName('Noise_NNpsk0_25519_ChaChaPoly_SHA256').cipher, noiseCiphers.ChaChaPoly)
  for (const name of [
    'Noise_XX_448_AESGCM_SHA256',
    'Noise_XX_25519_AESGCM_SHA512',
    'Noise_XX_25519_XChaChaPoly_SHA256',
    'Noise_XXhfs_25519+MLKEM768_AESGCM_SHA256',
    'noise_XX_25519_AESGCM_SHA256',
    'Noise_XX_25519_AESGCM_SHA256 ',
    'Noise_XK1_25519_AESGCM_SHA256',
  ]) {
    assert.throws(() => parseProtocolName(name), TypeError, name)
  }
})
