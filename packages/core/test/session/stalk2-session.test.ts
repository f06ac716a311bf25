import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spack } from '@stalk/spack'
import { StalkError } from '#src/errors.js'
import { signAs } from '#src/identity/sign.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { HandshakeState } from '#src/noise/handshake-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { defaultLimits } from '#src/limits.js'
import { RecordChannel } from '#src/session/record-channel.js'
import type { Stalk2Session } from '#src/session/stalk2-session.js'
import { encodeClose } from '#src/stalk2/control-records.js'
import { suites } from '#src/stalk2/suites.js'
import { code } from '../support/errors.js'
import { messagesOf, output, text } from '../support/sessions.js'
import {
  answer,
  attempt,
  converse2,
  ed25519Alice,
  ed25519Bob,
  end,
  establishedPair2,
  initiator2,
  responder2,
  rsaAlice,
  rsaBob,
  typesOf,
  type End,
} from '../support/stalk2.js'

const kinds = { ed25519: [ed25519Alice, ed25519Bob], rsa: [rsaAlice, rsaBob] } as const

for (const [mine, [alice]] of Object.entries(kinds)) {
  for (const [theirs, [, bob]] of Object.entries(kinds)) {
    test(`${mine} and ${theirs} identities establish a connection and each side knows the other`, async () => {
      const { a, b } = await establishedPair2({ a: { identity: alice }, b: { identity: bob } })
      const [atA, atB] = [a.told.at(-1), b.told.at(-1)]
      assert.ok(atA?.type === 'established' && atA.peerIdentity?.equals(bob))
      assert.ok(atB?.type === 'established' && atB.peerIdentity?.equals(alice))
      assert.deepEqual(a.session.channelBinding, b.session.channelBinding)
      const context = new Uint8Array(3)
      assert.deepEqual(a.session.exportSecret('x', context, 40), b.session.exportSecret('x', context, 40))
    })
  }
}

test('messages go both ways, byte by byte, in order', async () => {
  const { a, b } = await establishedPair2()
  for (const word of ['one', 'two', 'three']) a.session.send(text(word))
  b.session.send(new Spack().bytes(new Uint8Array(100_000).fill(7)))
  await converse2(a, b, 1)
  assert.equal(a.error ?? b.error, null)
  assert.deepEqual(
    messagesOf(b.told).map((message) => message.values()),
    [['one'], ['two'], ['three']],
  )
  assert.deepEqual(messagesOf(a.told)[0]?.values(), [new Uint8Array(100_000).fill(7)])
})

test('an anonymous initiator comes in where that is allowed, and is refused elsewhere: ANONYMOUS_REFUSED', async () => {
  const { b } = await establishedPair2({ a: { identity: null }, b: { allowAnonymous: true } })
  const established = b.told.at(-1)
  assert.ok(established?.type === 'established' && established.peerIdentity === null)

  const [c, d] = [end(initiator2({ identity: null }), null), end(responder2(), ed25519Bob)]
  await converse2(c, d)
  assert.ok(code('ANONYMOUS_REFUSED')(d.error))
  assert.ok(code('REJECTED_IDENTITY_REQUIRED')(c.error))
})

test('a wrong pin fails before the initiator shows its identity: PIN_MISMATCH', async () => {
  const [a, b] = [end(initiator2({ pin: rsaBob }), ed25519Alice), end(responder2(), ed25519Bob)]
  await converse2(a, b)
  assert.ok(code('PIN_MISMATCH')(a.error))
  assert.deepEqual(typesOf(a), [])
  assert.deepEqual(typesOf(b), ['sign'])
  assert.throws(() => b.session.receiveEnd(), code('HANDSHAKE_TRUNCATED'))
})

test('an unknown first suite is skipped, and the handshake goes on with the next', async () => {
  const [aes, chacha] = [suites[0]!, suites[1]!]
  const { a, b } = await establishedPair2({ a: { suites: [aes, chacha] }, b: { suites: [chacha] } })
  assert.equal(a.session.cipher.name, 'chacha20-poly1305')
  assert.equal(b.session.cipher.name, 'chacha20-poly1305')
})

test('no suite in common is STALK2_NO_SUITE here and STALK2_REFUSED there', async () => {
  const a = end(initiator2({ suites: [suites[0]!] }), ed25519Alice)
  const b = end(responder2({ suites: [suites[1]!] }), ed25519Bob)
  await converse2(a, b)
  assert.ok(code('STALK2_NO_SUITE')(b.error))
  assert.ok(code('STALK2_REFUSED')(a.error))
})

test('a handshake that is cut before there are keys has its secrets overwritten, wherever it is cut', async (t) => {
  const wipe = t.mock.method(HandshakeState.prototype, 'wipe')
  const gone = new StalkError('CONNECTION_LOST', 'cut')
  const cut = (who: { readonly session: Stalk2Session }, phase: string): void => {
    assert.equal(who.session.phase, phase)
    const before = wipe.mock.callCount()
    who.session.abort(gone)
    assert.equal(wipe.mock.callCount(), before + 1, phase)
    const state = wipe.mock.calls.at(-1)?.this as HandshakeState | undefined
    assert.throws(() => state?.writeMessage(new Uint8Array()), TypeError)
  }
  const pair = (): { a: End; b: End } => ({ a: end(initiator2(), ed25519Alice), b: end(responder2(), ed25519Bob) })
  cut(pair().a, 'awaitReply')
  const { a, b } = pair()
  b.session.receive(output(a.session).slice(0, -1), 0)
  cut(b, 'awaitA')
  const { a: c, b: d } = pair()
  d.session.receive(output(c.session), 0)
  cut(d, 'signing')
  const { a: e, b: f } = pair()
  f.session.receive(output(e.session), 0)
  await answer(f)
  const messageB = output(f.session)
  cut(f, 'awaitC')
  e.session.receive(messageB.slice(0, 1), 0)
  cut(e, 'awaitB')
  const { a: g, b: h } = pair()
  h.session.receive(output(g.session), 0)
  await answer(h)
  g.session.receive(output(h.session), 0)
  cut(g, 'signing')
})

test('what the next record needs is made beforehand in conversations alone, and not kept for a peer that is silent', async (t) => {
  const prepare = t.mock.method(RecordChannel.prototype, 'prepare')
  const forget = t.mock.method(RecordChannel.prototype, 'forgetPrepared')
  const keepalive = { pingAfterMs: 1000, deadAfterMs: 1000 }
  const { a, b } = await establishedPair2({ b: { keepalive } })
  const say = async (): Promise<void> => {
    a.session.send(text('x'))
    await converse2(a, b)
    b.session.prepare()
  }
  for (let count = 0; count < 16; count += 1) await say()
  assert.equal(prepare.mock.callCount(), 0)
  await say()
  await say()
  assert.equal(prepare.mock.callCount(), 2)
  a.session.ping(new Uint8Array(8))
  await converse2(a, b)
  b.session.prepare()
  assert.deepEqual([prepare.mock.callCount(), forget.mock.callCount()], [2, 1])
  await say()
  b.session.tick(5000)
  assert.deepEqual([prepare.mock.callCount(), forget.mock.callCount()], [3, 2])
  // the other side was pinged meanwhile; what cannot be made beforehand is no failure: whoever needs it learns why
  await say()
  prepare.mock.mockImplementationOnce(() => {
    throw new Error('there is no memory')
  })
  a.session.send(text('x'))
  await converse2(a, b)
  b.session.prepare()
  assert.deepEqual([prepare.mock.callCount(), forget.mock.callCount(), b.session.failure], [5, 4, null])
  await say()
  b.session.abort(new StalkError('CONNECTION_LOST', 'gone'))
  b.session.prepare()
  assert.equal(prepare.mock.callCount(), 6)
  assert.equal(b.error, null)
})

test('a CLOSE ends one direction, the other goes on, and two of them end the line', async () => {
  const { a, b } = await establishedPair2()
  a.session.send(text('last'))
  a.session.end({ code: 0, reason: 'that is all' })
  await converse2(a, b)
  assert.deepEqual(b.told.at(-1), { type: 'end', statement: { code: 0, reason: 'that is all' } })
  assert.ok(!a.session.outputEnded)
  b.session.send(text('more'))
  b.session.end()
  await converse2(a, b)
  assert.equal(messagesOf(a.told).length, 1)
  assert.deepEqual([a.session.outputEnded, b.session.outputEnded], [true, true])
  a.session.receiveEnd()
  b.session.receiveEnd()
  assert.throws(() => a.session.receive(Uint8Array.of(0), 0), code('RECORD_AFTER_CLOSE'))
})

test('an end of the line without a CLOSE is CONNECTION_TRUNCATED', async () => {
  const { a } = await establishedPair2()
  assert.throws(() => a.session.receiveEnd(), code('CONNECTION_TRUNCATED'))
})

test('a CLOSE with a code ends both directions, and the peer has code and reason', async () => {
  const { a, b } = await establishedPair2()
  a.session.send(text('before'))
  a.session.end({ code: 0x4001, reason: 'no more' })
  await converse2(a, b)
  assert.equal(messagesOf(b.told).length, 1)
  assert.ok(code('CLOSED_BY_PEER')(b.error))
  assert.deepEqual((b.error as { peer: unknown }).peer, { code: 0x4001, reason: 'no more' })
  assert.ok(a.session.outputEnded)
  a.session.receive(Uint8Array.of(1, 2, 3), 0)
  a.session.receiveEnd()
})

test('every flipped bit of a record is refused, and the peer is told: CLOSED_BY_PEER', async () => {
  for (const bit of [16, 40, 200]) {
    const { a, b } = await establishedPair2()
    a.session.send(text('hello'))
    const bytes = output(a.session)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    attempt(b, () => b.session.receive(bytes, 0))
    assert.ok(code('RECORD_AUTH_FAILED')(b.error))
    assert.throws(() => a.session.receive(output(b.session), 0), code('CLOSED_BY_PEER'))
  }
})

test('a side that has stopped confirming lives on for its peer, which learns of nothing any more that it arrived', async () => {
  const keepalive = { pingAfterMs: 200, deadAfterMs: 300 }
  const { a, b } = await establishedPair2({ a: { keepalive }, b: { keepalive: null } })
  b.session.stopConfirming()
  for (let now = 200; now < 2_000; now += 200) {
    a.session.tick(now)
    b.session.receive(output(a.session), now)
    a.session.receive(output(b.session), now)
  }
  a.session.send(text('nobody will see it'))
  a.session.ping(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  b.session.receive(output(a.session), 2_000)
  a.session.receive(output(b.session), 2_000)
  assert.equal(a.session.failure, null)
  assert.deepEqual(
    a.session.takeEvents().filter(({ type }) => type === 'pong'),
    [],
  )
})

test('a peer whose admission took longer than silence may last has all its time from then on', async () => {
  const keepalive = { pingAfterMs: 200, deadAfterMs: 300 }
  const a = end(initiator2({ keepalive }), ed25519Alice)
  const b = end(responder2({ keepalive }), ed25519Bob)
  let accept: (now: number) => void = () => undefined
  for (let round = 0; round < 4; round += 1) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const bytes = output(from.session)
      if (bytes.length > 0) to.session.receive(bytes, 0)
      for (const event of to.session.takeEvents()) {
        if (event.type === 'sign') event.answer(await signAs(to.identity!, event.message))
        if (event.type === 'authorize') accept = (now) => event.accept(now)
      }
    }
  }
  accept(10_000)
  assert.equal(b.session.nextTickAt, 10_200)
  b.session.tick(10_199)
  b.session.tick(10_499)
  assert.equal(b.session.failure, null)
  assert.throws(() => b.session.tick(10_500), code('PEER_DEAD'))
})

test('a line that ends after DONE and without CLOSE ended in order, unless something waits for credit: CONNECTION_TRUNCATED', async () => {
  const limits = { ...defaultLimits, channelCreditBytes: 1024, channelWindowBytes: 1024 }
  const doneTo = async (...sent: readonly string[]): Promise<Stalk2Session> => {
    const { a, b } = await establishedPair2({ a: { limits }, b: { limits } })
    for (const each of sent) a.session.send(text(each))
    b.session.receive(output(a.session), 0)
    b.session.end()
    a.session.receive(output(b.session), 0)
    return a.session
  }
  const session = await doneTo('small')
  session.receiveEnd()
  assert.deepEqual([session.failure, session.outputEnded], [null, false])
  session.end()
  assert.equal(output(session).length > 0, true)
  assert.equal(session.outputEnded, true)
  const waiting = await doneTo('x'.repeat(1000), 'y'.repeat(1000), 'z'.repeat(1000))
  assert.ok(waiting.queuedBytes > 0)
  assert.throws(() => waiting.receiveEnd(), code('CONNECTION_TRUNCATED'))
})

test('between C and the verdict neither side has a channel binding or exported secrets', async () => {
  const [a, b] = [end(initiator2(), ed25519Alice), end(responder2(), ed25519Bob)]
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const) {
    to.session.receive(output(from.session), 0)
    for (const event of to.session.takeEvents()) {
      if (event.type === 'sign') event.answer(await signAs(to.identity!, event.message))
    }
  }
  assert.deepEqual([a.session.phase, b.session.phase], ['awaitVerdict', 'authorizing'])
  for (const { session } of [a, b]) {
    assert.throws(() => session.channelBinding, TypeError)
    assert.throws(() => session.exportSecret('label', new Uint8Array(), 32), TypeError)
  }
})

test('giving up wipes both keys and the exporter’s secret: the very bytes that the key log named', async (t) => {
  const lines: string[] = []
  const { a } = await establishedPair2({ a: { keyLog: (line) => lines.push(line) } })
  const secrets = lines.filter((line) => !line.includes('HANDSHAKE')).map((line) => line.split(' ')[2])
  assert.equal(secrets.length, 3)
  const wiped: string[] = []
  const fill = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'fill')!
    .value as () => unknown
  t.mock.method(
    Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array,
    'fill',
    function (this: Uint8Array, ...all: []) {
      wiped.push(Buffer.from(this).toString('hex'))
      return fill.apply(this, all)
    },
  )
  a.session.abort(new StalkError('CONNECTION_CLOSED', 'done'))
  t.mock.restoreAll()
  for (const secret of secrets) assert.ok(secret !== undefined && wiped.includes(secret))
})

test('after the last word of a failed session its keys are gone', () => {
  const keyOf = (fill: number): CipherState => new CipherState(noiseCiphers.AESGCM, new Uint8Array(32).fill(fill))
  const keys = {
    send: keyOf(1),
    receive: keyOf(2),
    handshakeHash: new Uint8Array(32),
    exporterSecret: new Uint8Array(32),
  }
  const channel = new RecordChannel({ keys, limits: defaultLimits })
  const said: Uint8Array[] = []
  channel.lastWord(said, encodeClose({ code: 2, reason: '' }))
  assert.equal(said.length, 1)
  for (const key of [keys.send, keys.receive]) {
    assert.throws(() => key.encryptWithAd(new Uint8Array(), new Uint8Array(1)), /wiped/u)
  }
})
