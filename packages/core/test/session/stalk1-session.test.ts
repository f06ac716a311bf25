import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, Spack, SpackError } from '@stalk/spack'
import { schema, string } from '@stalk/spack/schema'
import { StalkError } from '#src/errors.js'
import { randomBytes } from '#src/crypto/random.js'
import { sha256 } from '#src/crypto/sha256.js'
import { generateX25519, x25519 } from '#src/crypto/x25519.js'
import { defaultLimits } from '#src/limits.js'
import { Stalk1Session } from '#src/session/stalk1-session.js'
import { DataChannel, readCiphertext } from '#src/stalk1/data-channel.js'
import { ackPacket, helloPacket, readAck } from '#src/stalk1/messages.js'
import { makeOffer } from '#src/stalk1/offer.js'
import { code } from '../support/errors.js'
import { alice, bob, small } from '../support/people.js'
import { converse, establishedPair, initiator, messagesOf, output, responder, text } from '../support/sessions.js'

test('a handshake tells each side who the other is', () => {
  const [a, b] = [initiator(), responder()]
  const told = converse(a, b)
  assert.ok(told.a[0]?.type === 'established' && told.a[0].peerIdentity?.equals(bob))
  assert.ok(told.b[0]?.type === 'established' && told.b[0].peerIdentity?.equals(alice))
  assert.equal(a.protocol, 'stalk/1')
  assert.deepEqual(a.cipher, { name: 'aes-256-ofb', keyBits: 256 })
})

test('messages arrive in order, taking turns', () => {
  const { a, b } = establishedPair()
  for (let turn = 0; turn < 10; turn += 1) {
    const [speaker, hearer] = turn % 2 === 0 ? [a, b] : [b, a]
    speaker.send(text(`first ${turn}`))
    speaker.send(new Spack())
    speaker.send(text(`third ${turn}`))
    hearer.receive(output(speaker))
    assert.deepEqual(
      messagesOf(hearer.takeEvents()).map((message) => message.values()),
      [[`first ${turn}`], [], [`third ${turn}`]],
    )
  }
})

test('cut at every byte, a conversation gives the same messages', () => {
  const messages = [text('one'), new Spack().integer(-5).bytes(new Uint8Array(100)), new Spack()]
  const { a, b } = establishedPair()
  for (const message of messages) a.send(message)
  const line = output(a)
  for (let at = 0; at < line.length; at += 1) {
    const pair = establishedPair()
    for (const message of messages) pair.a.send(message)
    const bytes = output(pair.a)
    pair.b.receive(bytes.subarray(0, at))
    pair.b.receive(bytes.subarray(at))
    assert.deepEqual(
      messagesOf(pair.b.takeEvents()).map(({ elements }) => elements),
      messages.map(({ elements }) => elements),
    )
  }
  b.receive(line)
})

test('the caller may change what it has sent', () => {
  const { a, b } = establishedPair()
  const data = Uint8Array.of(1, 2, 3)
  a.send(new Spack().bytes(data))
  data.fill(0)
  b.receive(output(a))
  assert.deepEqual(messagesOf(b.takeEvents())[0]?.values(), [Uint8Array.of(1, 2, 3)])
})

test('what is sent while a packet is half here waits for its other half', () => {
  const { a, b } = establishedPair()
  a.send(text('question'))
  const question = output(a)
  b.receive(question.subarray(0, 50))
  b.send(text('answer'))
  assert.deepEqual(b.takeOutput(), [])
  assert.ok(b.queuedBytes > 0)
  b.receive(question.subarray(50))
  const answer = output(b)
  assert.equal(b.queuedBytes, 0)
  a.receive(answer)
  assert.deepEqual(messagesOf(a.takeEvents())[0]?.values(), ['answer'])
})

test('two sides that talk at once both end with STALK1_OUT_OF_STEP, which says why', () => {
  const { a, b } = establishedPair()
  a.send(text('me first'))
  b.send(text('no, me'))
  const [fromA, fromB] = [output(a), output(b)]
  assert.throws(() => a.receive(fromB), /both sides talked at once/u)
  assert.throws(() => b.receive(fromA), code('STALK1_OUT_OF_STEP'))
})

test('a failure poisons the session: the same error ever after, no byte comes out', () => {
  const { a, b } = establishedPair()
  a.send(text('x'))
  const line = output(a)
  line[line.length - 1]! ^= 1
  b.send(text('never leaves'))
  let first: unknown
  try {
    b.receive(line)
  } catch (error) {
    first = error
  }
  assert.ok(first instanceof StalkError)
  const same = (error: unknown): boolean => error === first
  assert.throws(() => b.receive(new Uint8Array(1)), same)
  assert.throws(() => b.receiveEnd(), same)
  assert.throws(() => b.send(text('y')), same)
  assert.deepEqual(b.takeOutput(), [])
  assert.equal(b.queuedBytes, 0)
})

test('messages before a failure can still be taken', () => {
  const { a, b } = establishedPair()
  a.send(text('whole'))
  assert.throws(() => b.receive(Buffer.concat([output(a), new Uint8Array(80)])), code('STALK1_PACKET_INVALID'))
  assert.deepEqual(messagesOf(b.takeEvents())[0]?.values(), ['whole'])
})

test('the end of the line is fine between packets, CONNECTION_TRUNCATED within one, HANDSHAKE_TRUNCATED before', () => {
  const { a, b } = establishedPair()
  a.send(text('x'))
  const line = output(a)
  b.receive(line.subarray(0, -1))
  assert.throws(() => b.receiveEnd(), code('CONNECTION_TRUNCATED'))
  a.receiveEnd()
  assert.deepEqual(a.takeEvents(), [{ type: 'end', statement: null }])
  assert.throws(() => initiator().receiveEnd(), code('HANDSHAKE_TRUNCATED'))
  assert.throws(() => responder().receiveEnd(), code('HANDSHAKE_TRUNCATED'))
})

test('a message over the limit is MESSAGE_TOO_LARGE at the sender and harms nothing', () => {
  const { a, b } = establishedPair({ maxMessageBytes: 1000 })
  assert.throws(() => a.send(new Spack().bytes(new Uint8Array(1000))), code('MESSAGE_TOO_LARGE'))
  a.send(new Spack().bytes(new Uint8Array(1000 - 34 - 5)))
  b.receive(output(a))
  assert.equal(messagesOf(b.takeEvents()).length, 1)
})

test('with a higher limit on both sides a byte[] or a string may be as long', () => {
  const { a, b } = establishedPair({ maxMessageBytes: 20 * 1024 * 1024 })
  for (const message of [new Spack().bytes(new Uint8Array(17 * 1024 * 1024)), text('x'.repeat(17 * 1024 * 1024))]) {
    a.send(message)
    b.receive(output(a))
    assert.equal(messagesOf(b.takeEvents()).length, 1)
  }
})

test('a message over the receiver’s limit is refused before it is buffered', () => {
  const [a, b] = [initiator(), responder({ limits: { maxMessageBytes: 1000 } })]
  converse(a, b)
  a.send(new Spack().bytes(new Uint8Array(2000)))
  const header = output(a).subarray(0, 42)
  assert.throws(() => b.receive(header), code('STALK1_PACKET_INVALID'))
})

test('an empty array cannot be sent, because the original cannot read it: MESSAGE_INVALID', () => {
  const { a } = establishedPair()
  assert.throws(() => a.send(new Spack().integers([])), code('MESSAGE_INVALID'))
  assert.throws(() => a.send('x' as unknown as Spack), TypeError)
})

test('an extended type cannot be sent, because the original has none: MESSAGE_INVALID, which names it, and the session goes on', () => {
  const { a, b } = establishedPair()
  for (const value of [null, true, 5n, new Date(0), [1], { a: 1 }]) {
    const spack = Spack.from(value)
    assert.throws(() => a.send(spack), {
      code: 'MESSAGE_INVALID',
      message: `the message cannot be sent over stalk/1: element 0 is a ${spack.elements[0]!.type}: the classic form, which stalk/1 uses, has no such type`,
    })
  }
  a.send(Spack.from('fine'))
  b.receive(output(a))
  assert.deepEqual(messagesOf(b.takeEvents())[0]?.values(), ['fine'])
})

test('a packet that carries anything but one byte[] is refused', () => {
  for (const packet of [new Spack(), text('x'), new Spack().bytes(new Uint8Array(34)).byte(0)]) {
    const { b } = establishedPair()
    assert.throws(() => b.receive(encode(packet)), code('STALK1_PACKET_INVALID'))
  }
})

test('a message that decrypts and is not well-formed is STALK1_PACKET_INVALID with its cause', () => {
  const [key, iv] = [randomBytes(32), randomBytes(16)]
  const [sender, receiver] = [new DataChannel(key, iv, 1000), new DataChannel(key, iv, 1000)]
  // An unknown type under a right hash, as a faulty peer would write it.
  const inner = encode(new Spack().byte(7))
  inner[34] = 9
  inner.set(sha256(inner.subarray(32)))
  const ciphertext = readCiphertext(decode(sender.seal(inner)))
  assert.throws(
    () => receiver.open(ciphertext),
    (error) =>
      error instanceof StalkError &&
      error.code === 'STALK1_PACKET_INVALID' &&
      error.cause instanceof SpackError &&
      error.cause.code === 'SPACK_UNKNOWN_TYPE',
  )
})

test('handshake packets of the wrong shape are STALK1_HANDSHAKE_INVALID', () => {
  const ephemeral = generateX25519()
  const offer = makeOffer(alice, ephemeral)
  const hello = helloPacket({ ...offer, iv: new Uint8Array(16) })
  const wrong = [
    ackPacket(offer),
    new Spack(),
    Spack.of(...hello.elements.slice(0, 5).map(({ type, value }) => [type, value] as never)),
    Spack.of(...hello.elements.map(({ type, value }, index) => [type, index === 0 ? 101 : value] as never)),
    Spack.of(['byte', 100], ...hello.elements.slice(1).map(({ type, value }) => [type, value] as never)),
  ]
  for (const packet of wrong) {
    assert.throws(() => responder().receive(encode(packet)), code('STALK1_HANDSHAKE_INVALID'))
  }
  assert.throws(() => initiator().receive(encode(hello)), code('STALK1_HANDSHAKE_INVALID'))
})

test('a fin that decrypts and is no fin, or is not encrypted, is refused with its own code', () => {
  const fins = [
    [encode(new Spack().integer(101)), 'STALK1_HANDSHAKE_INVALID'],
    [encode(new Spack().integer(102).byte(0)), 'STALK1_HANDSHAKE_INVALID'],
  ] as const
  for (const [inner, expected] of fins) {
    const [ephemeral, iv, session] = [generateX25519(), randomBytes(16), responder()]
    session.receive(encode(helloPacket({ ...makeOffer(alice, ephemeral), iv })))
    const ack = readAck(decode(output(session)))
    const channel = new DataChannel(x25519(ephemeral, ack.ephemeral), iv, 1000)
    assert.throws(() => session.receive(channel.seal(inner)), code(expected))
    assert.deepEqual(session.takeEvents(), [])
  }
  const session = responder()
  session.receive(output(initiator()))
  assert.throws(() => session.receive(encode(new Spack().integer(102))), code('STALK1_PACKET_INVALID'))
})

test('an initialisation vector that has not 16 bytes is STALK1_IV_LENGTH', () => {
  for (const length of [0, 15, 17]) {
    const hello = helloPacket({ ...makeOffer(alice, generateX25519()), iv: new Uint8Array(length) })
    assert.throws(() => responder().receive(encode(hello)), code('STALK1_IV_LENGTH'))
  }
})

test('a 1,024-bit identity is refused unless the limit is lowered', () => {
  const hello = output(initiator({ identity: small }))
  assert.throws(() => responder().receive(hello), code('RSA_MODULUS_TOO_SMALL'))
  const b = responder({ limits: { minModulusBits: 1024 } })
  b.receive(hello)
  assert.ok(output(b).length > 0)
})

test('a defect below ends as INTERNAL and poisons, too', () => {
  const broken = {} as ReturnType<typeof generateX25519>
  const session = Stalk1Session.responder({ identity: bob, ephemeral: broken, limits: defaultLimits })
  const hello = output(initiator())
  assert.throws(() => session.receive(hello), code('INTERNAL'))
  assert.throws(() => session.receive(hello), code('INTERNAL'))
})

test('what the format has no place for does nothing, or is a TypeError', () => {
  const { a } = establishedPair()
  a.tick()
  a.pauseReading()
  a.resumeReading()
  assert.deepEqual([a.nextTickAt, a.applicationProtocol, a.failure, a.outputEnded], [Infinity, null, null, false])
  for (const use of [() => a.ping(), () => a.channelBinding, () => a.exportSecret()]) assert.throws(use, TypeError)
})

test('messages of stalk/1 are encoded by the session alone, also those of a schema: there is no coding to do it outside', () => {
  const { a, b } = establishedPair()
  assert.equal(a.coding, null)
  a.sendTyped(schema({ said: string }), { said: 'hi' })
  b.receive(output(a))
  assert.deepEqual(
    messagesOf(b.takeEvents()).map((message) => message.values()),
    [['hi']],
  )
})
