// The published vectors of cacophony, snow and noise-c: every one that this engine should know, counted.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type X25519KeyPair, x25519KeyPairFrom } from '#src/crypto/x25519.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { HandshakeState, type Role } from '#src/noise/handshake-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { bytes, hex, none, readVectors } from './support.js'

interface Vector {
  readonly protocol_name: string
  readonly init_prologue: string
  readonly init_ephemeral: string
  readonly init_static?: string
  readonly init_remote_static?: string
  readonly init_psks?: readonly string[]
  readonly resp_prologue: string
  readonly resp_ephemeral: string
  readonly resp_static?: string
  readonly resp_remote_static?: string
  readonly resp_psks?: readonly string[]
  readonly handshake_hash?: string
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

/** Patterns with deferred authentication (Noise §18.1) are none of ours. */
const deferred = ['NK1', 'XK1', 'X1X1', 'IK1', 'I1K1']

for (const { file, sha512, deferredCount, run, hashes, messages } of [
  { file: 'cacophony', sha512: 46, deferredCount: 10, run: 36, hashes: 36, messages: 216 },
  { file: 'snow', sha512: 30, deferredCount: 10, run: 20, hashes: 0, messages: 86 },
  { file: 'noise-c-basic', sha512: 20, deferredCount: 0, run: 20, hashes: 20, messages: 120 },
]) {
  test(`${file}.json: all ${run} vectors with SHA256 and our patterns give the published bytes, none is left out unnamed`, (t) => {
    const { vectors } = readVectors(`noise/${file}.json`) as { vectors: readonly Vector[] }
    const withSha512 = vectors.filter(({ protocol_name: name }) => name.endsWith('_SHA512'))
    const withDeferred = vectors.filter(
      (vector) => !withSha512.includes(vector) && deferred.includes(vector.protocol_name.split('_')[1]!),
    )
    const ours = vectors.filter((vector) => !withSha512.includes(vector) && !withDeferred.includes(vector))
    const counts = { hashes: 0, messages: 0 }
    for (const vector of ours) replay(vector, counts)
    report(t, `${file}: ${ours.length} vectors, ${counts.messages} messages, ${counts.hashes} handshake hashes`)
    assert.equal(withSha512.length, sha512)
    assert.equal(withDeferred.length, deferredCount)
    assert.equal(ours.length, run)
    assert.deepEqual(counts, { hashes, messages })
  })
}

test('rekey-selfmade.json: all 6 keys become the two recorded ones', (t) => {
  interface RekeyVector {
    readonly cipher: 'AESGCM' | 'ChaChaPoly'
    readonly k: string
    readonly rekey1: string
    readonly rekey2: string
  }
  const { vectors } = readVectors('noise/rekey-selfmade.json') as { vectors: readonly RekeyVector[] }
  for (const { cipher, k, rekey1, rekey2 } of vectors) {
    const rekeyed = new CipherState(noiseCiphers[cipher], bytes(k), 7)
    for (const key of [rekey1, rekey2]) {
      rekeyed.rekey()
      // the key does not come out: what it encrypts must be what the recorded key encrypts, and the counter goes on
      const recorded = new CipherState(noiseCiphers[cipher], bytes(key), rekeyed.nonce)
      assert.equal(hex(rekeyed.encryptWithAd(none, bytes(k))), hex(recorded.encryptWithAd(none, bytes(k))))
    }
    assert.equal(rekeyed.nonce, 9)
  }
  report(t, `rekey: ${vectors.length} vectors`)
  assert.equal(vectors.length, 6)
})

test('a vector with one wrong digit fails: the replay does compare', () => {
  const { vectors } = readVectors('noise/cacophony.json') as { vectors: readonly Vector[] }
  const vector = vectors.find(({ protocol_name: name }) => name === 'Noise_XX_25519_AESGCM_SHA256')!
  const last = vector.messages.length - 1
  const messages = vector.messages.with(last, { ...vector.messages[last]!, ciphertext: 'ffff' })
  assert.throws(() => replay({ ...vector, messages }, { hashes: 0, messages: 0 }), assert.AssertionError)
  const changed = { ...vector, handshake_hash: '00'.repeat(32) }
  assert.throws(() => replay(changed, { hashes: 0, messages: 0 }), assert.AssertionError)
})

/** The whole conversation, handshake and transport messages in turn: each is written, compared, read and compared. */
function replay(vector: Vector, counts: { hashes: number; messages: number }): void {
  const initiator = side(vector, 'initiator')
  const responder = side(vector, 'responder')
  const queue = [...vector.messages]
  let [writer, reader] = [initiator, responder]
  while (!initiator.isComplete) {
    const { payload, ciphertext } = queue.shift()!
    const hashBeforePayload = writer.beginMessage()
    const message = writer.finishMessage(bytes(payload))
    assert.equal(hex(message), ciphertext, vector.protocol_name)
    const received = reader.readMessage(message)
    assert.equal(hex(received.payload), payload)
    assert.deepEqual(received.hashBeforePayload, hashBeforePayload)
    ;[writer, reader] = [reader, writer]
    counts.messages += 1
  }
  const writesNext = writer === initiator ? 0 : 1
  const [ours, theirs] = [initiator.split(), responder.split()]
  assert.deepEqual(ours.exporterSecret, theirs.exporterSecret)
  assert.deepEqual(ours.handshakeHash, theirs.handshakeHash)
  if (vector.handshake_hash !== undefined) {
    assert.equal(hex(ours.handshakeHash), vector.handshake_hash, vector.protocol_name)
    counts.hashes += 1
  }
  for (const [index, { payload, ciphertext }] of queue.entries()) {
    const direction = (index + writesNext) % 2 === 0 ? 'initiatorToResponder' : 'responderToInitiator'
    const [sender, receiver] = direction === 'initiatorToResponder' ? [ours, theirs] : [theirs, ours]
    const message = sender[direction].encryptWithAd(none, bytes(payload))
    assert.equal(hex(message), ciphertext, vector.protocol_name)
    assert.equal(hex(receiver[direction].decryptWithAd(none, message)!), payload)
    counts.messages += 1
  }
}

function side(vector: Vector, role: Role): HandshakeState {
  const of = role === 'initiator' ? 'init' : 'resp'
  const [staticKey, remoteStatic] = [vector[`${of}_static`], vector[`${of}_remote_static`]]
  return new HandshakeState({
    protocolName: vector.protocol_name,
    role,
    prologue: bytes(vector[`${of}_prologue`]),
    ...(staticKey === undefined ? {} : { staticKeys: keyPair(staticKey) }),
    ...(remoteStatic === undefined ? {} : { remoteStatic: bytes(remoteStatic) }),
    psks: vector[`${of}_psks`]?.map(bytes) ?? [],
    generateEphemeral: () => keyPair(vector[`${of}_ephemeral`]),
  })
}

function keyPair(privateKey: string): X25519KeyPair {
  return x25519KeyPairFrom(bytes(privateKey))
}

function report(t: TestContext, line: string): void {
  t.diagnostic(line)
}
