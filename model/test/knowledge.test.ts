// What an attacker can make of what it has heard.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Knowledge } from '../src/knowledge.js'
import {
  aead,
  constant,
  hash,
  hkdf,
  identity,
  point,
  sharedSecret,
  signature,
  stream,
  type Term,
  tuple,
  zero,
} from '../src/terms.js'

const nobody = { own: ['m'], owners: [], scalars: [], brokenSuites: [] }
const nothing = constant('nothing')

test('shared secrets from either side are one term, whatever the encoding of the key', () => {
  assert.equal(sharedSecret(point(['x']), 'y'), sharedSecret(point(['y']), 'x'))
  assert.equal(sharedSecret(point(['x'], true), 'y'), sharedSecret(point(['x']), 'y'))
  assert.notEqual(point(['x'], true), point(['x']))
  assert.equal(sharedSecret(zero, 'x'), sharedSecret(zero, 'y'))
  assert.equal(sharedSecret(constant('no key'), 'x'), null)
})

test('an attacker can make shared secrets with its own scalars, and no others', () => {
  const knowledge = Knowledge.of(nobody, [point(['x']), point(['y'])])
  assert.ok(knowledge.can(point(['x', 'm'])))
  assert.ok(!knowledge.can(point(['x', 'y'])))
  assert.ok(Knowledge.of(nobody, [point(['m', 'x'])]).can(point(['x'])), 'a scalar can be taken away again')
  assert.ok(knowledge.gain([], ['x']).can(point(['x', 'y'])))
})

test('an attacker opens what it has the key of, also if it heard it before', () => {
  const key = hkdf(constant('chain'), point(['x', 'y']), 1)
  const secret = identity('Alice')
  const lock = { suite: 1, key, nonce: 0, data: nothing }
  const knowledge = Knowledge.of(nobody, [aead(lock, secret), point(['x'])])
  assert.ok(!knowledge.can(secret))
  assert.ok(!knowledge.can(aead(lock, nothing)))
  assert.ok(!knowledge.shows('Alice'))
  const later = knowledge.gain([], ['x']).learn([point(['y'])])
  assert.ok(later.can(secret))
  assert.ok(later.can(aead(lock, nothing)))
  assert.ok(later.shows('Alice'))
  assert.ok(Knowledge.of({ ...nobody, brokenSuites: [1] }, [aead(lock, secret)]).can(secret))
})

test('an attacker signs for those whose key it has; a signature shows what was signed and by whom', () => {
  const message = hash(identity('Bob'))
  const signed = signature('Alice', message)
  assert.ok(!Knowledge.of(nobody, [message]).can(signed))
  assert.ok(Knowledge.of({ ...nobody, owners: ['Alice'] }, [message]).can(signed))
  assert.ok(Knowledge.of(nobody, [signed]).can(message))
  assert.ok(Knowledge.of(nobody, [signed]).shows('Alice'))
  assert.ok(Knowledge.of(nobody, [tuple(nothing, message)]).shows('Bob'), 'a guess can be compared with a hash')
})

test('a stream cipher lets who knows a plaintext put another in its place', () => {
  const cipher = (plaintext: string): Term => stream(point(['x', 'y']), constant('iv'), 1, constant(plaintext))
  assert.ok(!Knowledge.of(nobody, []).can(cipher('b')))
  assert.ok(Knowledge.of(nobody, [cipher('a')]).can(cipher('b')))
})
