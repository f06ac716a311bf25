import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { generateX25519, x25519KeyPairFrom } from '#src/crypto/x25519.js'
import { StalkError } from '#src/errors.js'
import { HandshakeState, type HandshakeOptions } from '#src/noise/handshake-state.js'
import { code } from '../support/errors.js'
import { none, pairXx, text, upTo } from './support.js'

const flips = [0x01, 0x80]

function flipped(message: Uint8Array, index: number, bits: number): Uint8Array {
  return message.with(index, message[index]! ^ bits)
}

/** The call throws this code, and everything after it the very same error. */
function assertPoisons(handshake: HandshakeState, expected: readonly string[], call: () => unknown): void {
  let first: unknown
  try {
    call()
  } catch (error) {
    first = error
  }
  assert.ok(first instanceof StalkError && expected.includes(first.code), inspect(first))
  const same = (error: unknown): boolean => error === first
  assert.throws(() => handshake.readMessage(none), same)
  assert.throws(() => handshake.writeMessage(none), same)
  assert.throws(() => handshake.finishMessage(none), same)
  assert.throws(() => handshake.split(), same)
}

test('XX: three messages carry their payloads, then both sides have the same keys, hash and exporter secret', () => {
  const { initiator, responder } = pairXx()
  assert.deepEqual([initiator.isOurTurn, responder.isOurTurn], [true, false])
  for (const [writer, reader] of [
    [initiator, responder],
    [responder, initiator],
    [initiator, responder],
  ] as const) {
    const hash = writer.beginMessage()
    const { payload, hashBeforePayload } = reader.readMessage(writer.finishMessage(text('hello')))
    assert.deepEqual(payload, text('hello'))
    assert.deepEqual(hashBeforePayload, hash)
  }
  assert.deepEqual([initiator.isComplete, initiator.isOurTurn, responder.isOurTurn], [true, false, false])
  const [ours, theirs] = [initiator.split(), responder.split()]
  assert.deepEqual(ours.handshakeHash, theirs.handshakeHash)
  assert.deepEqual(ours.exporterSecret, theirs.exporterSecret)
  const record = ours.initiatorToResponder.encryptWithAd(none, text('record'))
  assert.equal(ours.responderToInitiator.decryptWithAd(none, record), null)
  assert.deepEqual(theirs.initiatorToResponder.decryptWithAd(none, record), text('record'))
})

test('the static key of the peer is known once its message was read, and is a copy', () => {
  const staticKeys = generateX25519()
  const options = { protocolName: 'Noise_XX_25519_ChaChaPoly_SHA256', generateEphemeral: generateX25519 }
  const initiator = new HandshakeState({ ...options, role: 'initiator', staticKeys: generateX25519() })
  const responder = new HandshakeState({ ...options, role: 'responder', staticKeys })
  responder.readMessage(initiator.writeMessage(none))
  const before = initiator.remoteStatic
  assert.equal(before, undefined)
  initiator.readMessage(responder.writeMessage(none))
  initiator.remoteStatic?.fill(0)
  assert.deepEqual(initiator.remoteStatic, staticKeys.publicKey)
})

test('a flipped bit in any byte of message A shows when B is read: the initiator fails and is poisoned', () => {
  const { length } = upTo(0).message
  assert.equal(length, 32 + 'payload 0'.length)
  for (let index = 0; index < length; index++) {
    for (const bits of flips) {
      const { initiator, responder } = pairXx()
      responder.readMessage(flipped(initiator.writeMessage(text('payload 0')), index, bits))
      const answer = responder.writeMessage(none)
      assertPoisons(initiator, ['NOISE_DECRYPT_FAILED'], () => initiator.readMessage(answer))
    }
  }
})

for (const [name, count, length] of [
  ['B', 1, 32 + 48 + 9 + 16],
  ['C', 2, 48 + 9 + 16],
] as const) {
  test(`a flipped bit in any byte of message ${name} fails at once and poisons`, () => {
    assert.equal(upTo(count).message.length, length)
    for (let index = 0; index < length; index++) {
      for (const bits of flips) {
        const { reader, message } = upTo(count)
        assertPoisons(reader, ['NOISE_DECRYPT_FAILED'], () => reader.readMessage(flipped(message, index, bits)))
      }
    }
  })
}

for (const [name, count] of [
  ['A', 0],
  ['B', 1],
  ['C', 2],
] as const) {
  test(`message ${name} cut at any byte fails: at once, or for the clear payload of A when B is read`, () => {
    const { length } = upTo(count).message
    for (let cut = 0; cut < length; cut++) {
      const pair = pairXx()
      const { reader, message } = upTo(count, pair)
      const short = message.subarray(0, cut)
      if (count === 0 && cut >= 32) {
        reader.readMessage(short)
        const answer = reader.writeMessage(none)
        assertPoisons(pair.initiator, ['NOISE_DECRYPT_FAILED'], () => pair.initiator.readMessage(answer))
      } else {
        assertPoisons(reader, ['NOISE_MESSAGE_LENGTH', 'NOISE_DECRYPT_FAILED'], () => reader.readMessage(short))
      }
    }
  })
}

test('a message too short for its keys is NOISE_MESSAGE_LENGTH', () => {
  for (const [count, length] of [
    [0, 31],
    [1, 79],
    [2, 47],
  ] as const) {
    const { reader, message } = upTo(count)
    assert.throws(() => reader.readMessage(message.subarray(0, length)), code('NOISE_MESSAGE_LENGTH'))
  }
})

test('a trailing byte fails: NOISE_DECRYPT_FAILED', () => {
  for (const count of [1, 2]) {
    const { reader, message } = upTo(count)
    assert.throws(() => reader.readMessage(Uint8Array.of(...message, 0)), code('NOISE_DECRYPT_FAILED'))
  }
})

test('65,535 bytes are read, 65,536 are NOISE_MESSAGE_LENGTH and poison', () => {
  const { initiator, responder } = pairXx()
  assert.equal(responder.readMessage(new Uint8Array(65_535)).payload.length, 65_503)
  const other = pairXx().responder
  assertPoisons(other, ['NOISE_MESSAGE_LENGTH'], () => other.readMessage(new Uint8Array(65_536)))
  assert.equal(initiator.isOurTurn, true)
})

test('a payload too long for its message is a RangeError, and a shorter one may follow', () => {
  const { initiator, responder } = pairXx()
  assert.throws(() => initiator.writeMessage(new Uint8Array(65_504)), RangeError)
  const messageA = initiator.finishMessage(new Uint8Array(65_503))
  assert.equal(messageA.length, 65_535)
  responder.readMessage(messageA)
  responder.beginMessage()
  const room = 65_535 - 32 - 48 - 16
  assert.throws(() => responder.finishMessage(new Uint8Array(room + 1)), RangeError)
  const messageB = responder.finishMessage(new Uint8Array(room))
  assert.equal(messageB.length, 65_535)
  assert.equal(initiator.readMessage(messageB).payload.length, room)
})

test('different prologues: the first encrypted message fails, NOISE_DECRYPT_FAILED', () => {
  const pair = pairXx(['one', 'two'])
  pair.responder.readMessage(pair.initiator.writeMessage(none))
  const answer = pair.responder.writeMessage(none)
  assertPoisons(pair.initiator, ['NOISE_DECRYPT_FAILED'], () => pair.initiator.readMessage(answer))
})

test('a low-order ephemeral key: both sides fail with SHARED_SECRET_ZERO and are poisoned', () => {
  const { responder } = pairXx()
  responder.readMessage(new Uint8Array(32))
  assertPoisons(responder, ['SHARED_SECRET_ZERO'], () => responder.beginMessage())

  const { reader: initiator, message } = upTo(1)
  assertPoisons(initiator, ['SHARED_SECRET_ZERO'], () => initiator.readMessage(message.slice().fill(0, 0, 32)))
})

test('the same message a second time: a TypeError when it is not the turn to read, NOISE_DECRYPT_FAILED when it is', () => {
  const { initiator, responder } = pairXx()
  const messageA = initiator.writeMessage(none)
  responder.readMessage(messageA)
  assert.throws(() => responder.readMessage(messageA), TypeError)
  const messageB = responder.writeMessage(none)
  initiator.readMessage(messageB)
  assert.throws(() => initiator.readMessage(messageB), TypeError)
  responder.readMessage(initiator.writeMessage(none))

  const { reader } = upTo(2)
  assertPoisons(reader, ['NOISE_DECRYPT_FAILED'], () => reader.readMessage(new Uint8Array([...messageA, ...messageB])))
})

test('a message of another handshake between the same two does not fit: NOISE_DECRYPT_FAILED', () => {
  for (const count of [1, 2]) {
    const { reader } = upTo(count)
    assertPoisons(reader, ['NOISE_DECRYPT_FAILED'], () => reader.readMessage(upTo(count).message))
  }
})

test('the wrong turn, a step too early or too late is a TypeError and changes nothing', () => {
  const { initiator, responder } = pairXx()
  assert.throws(() => initiator.readMessage(new Uint8Array(32)), TypeError)
  assert.throws(() => responder.beginMessage(), TypeError)
  assert.throws(() => responder.writeMessage(none), TypeError)
  assert.throws(() => initiator.finishMessage(none), TypeError)
  assert.throws(() => initiator.split(), TypeError)
  initiator.beginMessage()
  assert.throws(() => initiator.beginMessage(), TypeError)
  assert.throws(() => initiator.readMessage(new Uint8Array(32)), TypeError)
  responder.readMessage(initiator.finishMessage(none))
  initiator.readMessage(responder.writeMessage(none))
  responder.readMessage(initiator.writeMessage(none))
  for (const side of [initiator, responder]) {
    assert.throws(() => side.readMessage(none), TypeError)
    assert.throws(() => side.writeMessage(none), TypeError)
    side.split()
    assert.throws(() => side.split(), TypeError)
    assert.throws(() => side.readMessage(none), TypeError)
    assert.throws(() => side.writeMessage(none), TypeError)
    assert.throws(() => side.finishMessage(none), TypeError)
  }
})

test('a generator of ephemeral keys that throws is INTERNAL with its error as cause, and poisons', () => {
  const cause = new Error('no entropy')
  const initiator = new HandshakeState({
    protocolName: 'Noise_NN_25519_AESGCM_SHA256',
    role: 'initiator',
    generateEphemeral: () => {
      throw cause
    },
  })
  assert.throws(
    () => initiator.beginMessage(),
    (error) => error instanceof StalkError && error.cause === cause,
  )
  assertPoisons(initiator, ['INTERNAL'], () => initiator.beginMessage())
})

test('the ephemeral key is generated once, when its message is begun', () => {
  let calls = 0
  const initiator = new HandshakeState({
    protocolName: 'Noise_NN_25519_AESGCM_SHA256',
    role: 'initiator',
    generateEphemeral: () => {
      calls += 1
      return generateX25519()
    },
  })
  assert.equal(calls, 0)
  initiator.writeMessage(none)
  assert.equal(calls, 1)
})

test('different pre-shared keys: NOISE_DECRYPT_FAILED; the caller’s copies are left as they are', () => {
  const psk = new Uint8Array(32).fill(7)
  const options = { protocolName: 'Noise_NNpsk0+psk2_25519_AESGCM_SHA256', generateEphemeral: generateX25519 }
  const connect = (psks: readonly Uint8Array[]): void => {
    const initiator = new HandshakeState({ ...options, role: 'initiator', psks })
    const responder = new HandshakeState({ ...options, role: 'responder', psks: [psk, psk] })
    responder.readMessage(initiator.writeMessage(none))
    initiator.readMessage(responder.writeMessage(none))
  }
  connect([psk, psk])
  assert.throws(() => connect([psk.with(0, 0), psk]), code('NOISE_DECRYPT_FAILED'))
  assert.throws(() => connect([psk, psk.with(31, 0)]), code('NOISE_DECRYPT_FAILED'))
  assert.deepEqual(psk, new Uint8Array(32).fill(7))
})

test('everything given as a Buffer is copied: overwriting it changes nothing, and the handshake overwrites nothing of it', () => {
  const psk = Buffer.alloc(32, 7)
  const responderKeys = generateX25519()
  const remoteStatic = Buffer.from(responderKeys.publicKey)
  const options = { protocolName: 'Noise_NKpsk0_25519_AESGCM_SHA256', generateEphemeral: generateX25519 }
  const initiator = new HandshakeState({ ...options, role: 'initiator', remoteStatic, psks: [psk] })
  const responder = new HandshakeState({ ...options, role: 'responder', staticKeys: responderKeys, psks: [psk] })
  remoteStatic.fill(0)
  const messageA = Buffer.from(initiator.writeMessage(Buffer.from('payload')))
  const { payload } = responder.readMessage(messageA)
  messageA.fill(0)
  assert.deepEqual(payload, text('payload'))
  initiator.readMessage(Buffer.from(responder.writeMessage(none)))
  assert.deepEqual(initiator.split().exporterSecret, responder.split().exporterSecret)
  assert.deepEqual(psk, Buffer.alloc(32, 7))
})

test('a clear payload read from a Buffer is a copy', () => {
  const { initiator, responder } = pairXx()
  const message = Buffer.from(initiator.writeMessage(text('clear')))
  const { payload } = responder.readMessage(message)
  message.fill(0)
  assert.deepEqual(payload, text('clear'))
})

test('keys that the pattern lacks or does not use are a TypeError, keys of other than 32 bytes a RangeError', () => {
  const staticKeys = generateX25519()
  const remoteStatic = new Uint8Array(32).fill(9)
  const make = (pattern: string, options: Partial<HandshakeOptions>): (() => HandshakeState) => {
    const protocolName = `Noise_${pattern}_25519_AESGCM_SHA256`
    return () => new HandshakeState({ protocolName, role: 'initiator', generateEphemeral: generateX25519, ...options })
  }
  assert.throws(make('XX', {}), { name: 'TypeError', message: /staticKeys.*missing/u })
  assert.throws(make('NK', {}), { name: 'TypeError', message: /remoteStatic.*missing/u })
  assert.throws(make('NN', { staticKeys }), { name: 'TypeError', message: /staticKeys.*not used/u })
  assert.throws(make('XX', { staticKeys, remoteStatic }), { name: 'TypeError', message: /remoteStatic.*not used/u })
  assert.throws(make('NK', { role: 'responder' }), { name: 'TypeError', message: /staticKeys.*missing/u })
  assert.throws(make('NNpsk0', {}), { name: 'TypeError', message: /psks/u })
  assert.throws(make('NN', { psks: [remoteStatic] }), { name: 'TypeError', message: /psks/u })
  assert.throws(make('NNpsk0', { psks: [new Uint8Array(31)] }), RangeError)
  assert.throws(make('NK', { remoteStatic: new Uint8Array(33) }), RangeError)
  assert.doesNotThrow(make('KK', { staticKeys, remoteStatic }))
})

test('nothing secret is shown by inspect, or in an error', () => {
  const secret = new Uint8Array(32).fill(0xab)
  const initiator = new HandshakeState({
    protocolName: 'Noise_XXpsk0_25519_AESGCM_SHA256',
    role: 'initiator',
    staticKeys: x25519KeyPairFrom(secret),
    psks: [secret],
    generateEphemeral: generateX25519,
  })
  const shown = inspect(initiator, { depth: 9, showHidden: true })
  assert.doesNotMatch(shown, /171|abab/u)
  assert.match(inspect(secret), /171/u)
})
