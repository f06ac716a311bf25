import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concatBytes } from '#src/crypto/bytes.js'
import { generateX25519 } from '#src/crypto/x25519.js'
import { StalkError } from '#src/errors.js'
import { defaultLimits } from '#src/limits.js'
import { encodeClose, encodePing, encodePong } from '#src/stalk2/control-records.js'
import { frameHandshakeMessage } from '#src/stalk2/handshake-message.js'
import { encodePreamble, encodePrologue, encodeRefusal, encodeRetry } from '#src/stalk2/preamble.js'
import { HandshakeState } from '#src/noise/handshake-state.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers } from '#src/noise/suites.js'
import { RecordSealer } from '#src/stalk2/record-layer.js'
import { code } from '../support/errors.js'
import { encodedIn, join, messagesOf, output, text } from '../support/sessions.js'
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
  typesOf,
  type End,
} from '../support/stalk2.js'
import { bytes } from '../support/vectors.js'
import { kitFiles, type KitTranscript } from '../testkit/files.js'
import { KitEnd } from '../testkit/kit-end.js'

/** Two ends before a byte has gone. */
function strangers(): { a: End; b: End } {
  return { a: end(initiator2(), ed25519Alice), b: end(responder2(), ed25519Bob) }
}

async function deliver(to: End, chunk: Uint8Array): Promise<void> {
  attempt(to, () => to.session.receive(chunk.slice(), 0))
  await answer(to)
}

/** Brings a handshake to the message with this number: 0 is preamble and A, 1 is B, 2 is C, 3 the verdict. */
async function upTo(number: number): Promise<{ from: End; to: End; message: Uint8Array }> {
  const { a, b } = strangers()
  let [from, to] = [a, b]
  let message = output(from.session)
  for (let count = 0; count < number; count += 1) {
    await deliver(to, message)
    ;[from, to] = [to, from]
    message = output(from.session)
  }
  return { from, to, message }
}

test('a bit flipped anywhere in preamble and A: neither side is established, and every failure is a StalkError', async () => {
  const { message } = await upTo(0)
  for (let bit = 0; bit < message.length * 8; bit += 1) {
    const { from, to, message: fresh } = await upTo(0)
    await deliver(to, fresh.with(bit >> 3, fresh[bit >> 3]! ^ (1 << (bit & 7))))
    // what was only made longer waits for more: the line ends instead
    await converse2(from, to)
    attempt(to, () => to.session.receiveEnd())
    assert.ok(to.error instanceof StalkError || from.error instanceof StalkError, `bit ${bit}`)
    assert.ok(![from, to].some((one) => typesOf(one).includes('established')), `bit ${bit}`)
  }
})

test('every connection of the same two has keys of its own', async () => {
  const openings = Array.from({ length: 5 }, () => output(strangers().a.session).subarray(-32))
  assert.equal(new Set(openings.map((key) => Buffer.from(key).toString('hex'))).size, 5)
  const lines: string[] = []
  for (let count = 0; count < 3; count += 1) {
    await establishedPair2({ a: { keyLog: (line) => void lines.push(line) } })
  }
  // both key exchanges, both directions and the exporter: six secrets a connection, none twice
  assert.equal(new Set(lines.map((line) => line.split(' ')[2])).size, 18)
})

test('neither identity is on the line in clear, nor is the name of an application protocol', async () => {
  const options = { applicationProtocols: ['secret-plans'] }
  const a = end(initiator2(options), ed25519Alice)
  const b = end(responder2(options), ed25519Bob)
  const line: Uint8Array[] = []
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, b],
    [b, a],
  ] as const) {
    line.push(output(from.session))
    await deliver(to, line.at(-1)!)
  }
  assert.ok(typesOf(a).includes('established'))
  const seen = Buffer.concat(line)
  for (const hidden of [ed25519Alice.spki.subarray(-32), ed25519Bob.spki.subarray(-32), Buffer.from('secret-plans')]) {
    assert.equal(seen.indexOf(hidden), -1)
  }
})

test('the same keys under another prologue: another channel binding, other exported secrets', () => {
  const { transcripts } = JSON.parse(readFileSync(kitFiles.transcripts, 'utf8')) as { transcripts: KitTranscript[] }
  // the same keys on both sides, and nothing but the flags of the preamble differs
  const [plain, flagged] = ['you listen: alice calls bob', 'you listen: all flags set'].map((name) => {
    const { you, steps } = transcripts.find((transcript) => transcript.name === name)!
    const signatures = you.signatures.map(bytes)
    const kitEnd = new KitEnd(you, () => signatures.shift()!)
    for (const step of steps.slice(0, 4)) kitEnd.take(step)
    assert.equal(kitEnd.outcome.established, true)
    return kitEnd.session
  })
  assert.notDeepEqual(plain!.channelBinding, flagged!.channelBinding)
  const [one, other] = [plain!, flagged!].map((session) => session.exportSecret('test', new Uint8Array(), 32))
  assert.notDeepEqual(one, other)
})

test('PINGs that waited while this side did not read are no flood', async () => {
  const { a, b } = await establishedPair2()
  // 330 s without reading: the peer gives its sign of life every 15 s, and they all come at once
  b.session.pauseReading(0)
  for (let count = 0; count < 22; count += 1) a.session.ping(new Uint8Array(8))
  const pings = output(a.session)
  b.session.resumeReading(330_000)
  b.session.receive(pings, 330_000)
  assert.equal(b.session.failure, null)
  // what comes beyond two a second of that time is one all the same
  for (let count = 0; count < 700; count += 1) a.session.ping(new Uint8Array(8))
  const flood = output(a.session)
  assert.throws(() => b.session.receive(flood, 330_000), code('PING_FLOOD'))
})

test('a record that trickles in is no sign of life: PEER_DEAD', async () => {
  const { a, b } = await establishedPair2()
  a.session.send(text('x'.repeat(200)))
  const record = output(a.session)
  for (let second = 1; second < 60; second += 1) {
    b.session.receive(record.slice(second - 1, second), second * 1000)
    b.session.tick(second * 1000)
  }
  assert.throws(() => b.session.tick(60_000), code('PEER_DEAD'))
  assert.equal(messagesOf(b.session.takeEvents()).length, 0)
})

test('a length that is announced and never sent takes no memory', async () => {
  const opening = join([encodePreamble([1]), Uint8Array.of(0x10, 0)])
  const memory = (): number => process.memoryUsage().arrayBuffers
  const held: unknown[] = []
  const pairs = await Promise.all(Array.from({ length: 50 }, () => establishedPair2()))
  const before = memory()
  for (const { a, b } of pairs) {
    for (const to of [a, b]) await deliver(to, Uint8Array.of(0xff, 0xff, 1))
    for (let count = 0; count < 20; count += 1) {
      const stranger = end(responder2(), ed25519Bob)
      await deliver(stranger, opening)
      held.push(stranger)
    }
  }
  // announced were 100 records of 64 KiB and 1,000 messages of 4 KiB
  assert.ok(memory() - before < 2_000_000, `${memory() - before} bytes`)
  assert.equal(held.length, 1000)
})

test('a B or a C of another connection is refused: NOISE_DECRYPT_FAILED, and nothing is said', async () => {
  for (const number of [1, 2]) {
    const [one, other] = [await upTo(number), await upTo(number)]
    await deliver(one.to, other.message)
    assert.ok(code('NOISE_DECRYPT_FAILED')(one.to.error))
    assert.equal(output(one.to.session).length, 0)
  }
})

test('a stripped preamble is noticed: the two sides do not have the same prologue', async () => {
  const { a, b } = strangers()
  const opening = output(a.session)
  const stripped = join([encodePreamble([1]), opening.subarray(encodePreamble([1, 2]).length)])
  await deliver(b, stripped)
  await deliver(a, output(b.session))
  assert.ok(code('NOISE_DECRYPT_FAILED')(a.error))
})

test('a forged retry is noticed, one to the first suite or an unlisted one or a second one is STALK2_RETRY_INVALID', async () => {
  for (const suite of [1, 7]) {
    const { a } = strangers()
    await deliver(a, encodeRetry(suite))
    assert.ok(code('STALK2_RETRY_INVALID')(a.error))
  }
  const { a, b } = strangers()
  const opening = output(a.session)
  await deliver(a, encodeRetry(2))
  const again = output(a.session)
  assert.equal(a.error, null)
  // the listener that never asked for it takes the first suite
  await deliver(b, join([opening.subarray(0, encodePreamble([1, 2]).length), again]))
  await deliver(a, output(b.session))
  assert.ok(code('NOISE_DECRYPT_FAILED')(a.error))

  const c = strangers().a
  await deliver(c, encodeRetry(2))
  await deliver(c, encodeRetry(2))
  assert.ok(code('STALK2_RETRY_INVALID')(c.error))
})

test('a refusal in clear is reported as one that anybody can make, and never leads to another attempt', async () => {
  for (const number of [1, 2, 3, 9]) {
    const { a } = strangers()
    output(a.session)
    await deliver(a, encodeRefusal(number))
    assert.ok(code('STALK2_REFUSED')(a.error))
    assert.equal((a.error as StalkError).peer?.code, number)
    assert.equal(output(a.session).length, 0)
  }
})

test('whatever the listener answers first, the connecting side never says anything but another A of stalk/2', async () => {
  for (let first = 0; first < 256; first += 1) {
    for (const rest of ['', '0001', '0002', '030100000000']) {
      const { a } = strangers()
      output(a.session)
      await deliver(a, join([Uint8Array.of(first), bytes(rest)]))
      const said = output(a.session)
      const isRetry = first === 2 && rest === '0002'
      assert.equal(said.length, isRetry ? 34 : 0)
      if (isRetry) assert.deepEqual([...said.subarray(0, 2)], [0, 32])
    }
  }
})

test('what is wrong with preamble or A is answered with 00 0003, no suite with 00 0001, a foreign protocol with nothing', async () => {
  const cases: readonly [string, string, string][] = [
    ['7374616c6b2f320a0000', 'STALK2_PREAMBLE_INVALID', '000003'],
    ['7374616c6b2f320a0001fafa', 'STALK2_NO_SUITE', '000001'],
    ['7374616c6b2f320a00010001ffff', 'STALK2_HANDSHAKE_LENGTH', '000003'],
    ['7374616c6b2f320a0001000100020000', 'NOISE_MESSAGE_LENGTH', '000003'],
    [`7374616c6b2f320a000100010020${'00'.repeat(32)}`, 'SHARED_SECRET_ZERO', '000003'],
    [`7374616c6b2f320a000100010023${'09'.repeat(32)}800000`, 'STALK2_PAYLOAD_CRITICAL', '000003'],
    ['7374616c6b2f310a', 'FOREIGN_PROTOCOL', ''],
  ]
  for (const [sent, expected, said] of cases) {
    const { b } = strangers()
    await deliver(b, bytes(sent))
    assert.ok(code(expected as 'FOREIGN_PROTOCOL')(b.error), sent)
    assert.equal(Buffer.from(output(b.session)).toString('hex'), said)
  }
})

test('an unknown first suite with a long A is skipped up to the limit, and beyond it refused', async () => {
  const preamble = encodePreamble([0x0101, 1])
  const long = end(responder2(), ed25519Bob)
  await deliver(long, join([preamble, Uint8Array.of(0x10, 0), new Uint8Array(4096)]))
  assert.equal(long.error, null)
  assert.deepEqual(output(long.session), encodeRetry(1))
  const longer = end(responder2(), ed25519Bob)
  await deliver(longer, join([preamble, Uint8Array.of(0x10, 1)]))
  assert.ok(code('STALK2_HANDSHAKE_LENGTH')(longer.error))
})

test('bytes that come while this side signs are STALK2_HANDSHAKE_UNEXPECTED', async () => {
  const { to, message } = await upTo(0)
  await deliver(to, join([message, Uint8Array.of(0)]))
  assert.ok(code('STALK2_HANDSHAKE_UNEXPECTED')(to.error))
  const [sign] = to.told
  assert.ok(sign?.type === 'sign')
  assert.throws(() => sign.answer(new Uint8Array(64)), code('STALK2_HANDSHAKE_UNEXPECTED'))
})

test('a wrong signature in C is REJECT{2}: STALK2_SIGNATURE_INVALID here, REJECTED_NOT_AUTHENTICATED there', async () => {
  const { from: b, to: a, message } = await upTo(1)
  a.session.receive(message, 0)
  const [sign] = a.session.takeEvents()
  assert.ok(sign?.type === 'sign')
  sign.answer(new Uint8Array(64))
  assert.throws(() => sign.answer(new Uint8Array(64)), TypeError)
  await deliver(b, output(a.session))
  assert.ok(code('STALK2_SIGNATURE_INVALID')(b.error))
  await deliver(a, output(b.session))
  assert.ok(code('REJECTED_NOT_AUTHENTICATED')(a.error))
})

test('a wrong signature in B is STALK2_SIGNATURE_INVALID, although the pin is right, and nothing is said', async () => {
  const { a, b } = strangers()
  b.session.receive(output(a.session), 0)
  const [sign] = b.session.takeEvents()
  assert.ok(sign?.type === 'sign')
  sign.answer(new Uint8Array(64))
  await deliver(a, output(b.session))
  assert.ok(code('STALK2_SIGNATURE_INVALID')(a.error))
  assert.equal(output(a.session).length, 0)
})

/** Two ends of which the listening one has not decided yet, and the key with which the other one seals. */
async function undecided(): Promise<{ a: End; b: End; seal: (plaintext: Uint8Array) => Uint8Array }> {
  const lines: string[] = []
  const a = end(initiator2({ keyLog: (line) => void lines.push(line) }), ed25519Alice)
  const b = end(responder2(), ed25519Bob)
  await deliver(b, output(a.session))
  await deliver(a, output(b.session))
  b.session.receive(output(a.session), 0)
  const key = lines.find((line) => line.startsWith('STALK2_INITIATOR_KEY'))?.split(' ')[2] ?? ''
  const sealer = new RecordSealer(new CipherState(noiseCiphers.AESGCM, bytes(key)))
  return { a, b, seal: (plaintext) => sealer.seal(plaintext) }
}

test('before the verdict the listening side takes nothing but a CLOSE: RECORD_UNEXPECTED', async () => {
  for (const early of [bytes('01000300'), encodePing(new Uint8Array(8)), encodePong(new Uint8Array(8)), bytes('05')]) {
    const { b, seal } = await undecided()
    await deliver(b, seal(early))
    assert.ok(code('RECORD_UNEXPECTED')(b.error))
  }
  const { b: aborted, seal: sealAborted } = await undecided()
  await deliver(aborted, sealAborted(encodeClose({ code: 4, reason: '' })))
  assert.ok(code('CLOSED_BY_PEER')(aborted.error))

  const { b, seal } = await undecided()
  b.session.receive(seal(encodeClose({ code: 0, reason: '' })), 0)
  await answer(b)
  assert.deepEqual(typesOf(b), ['sign', 'authorize', 'established', 'end'])
})

test('before the verdict the connecting side takes nothing but a verdict or the end: RECORD_UNEXPECTED', async () => {
  for (const [early, expected] of [
    ['01000300', 'RECORD_UNEXPECTED'],
    ['020000', 'RECORD_UNEXPECTED'],
    ['020004', 'CLOSED_BY_PEER'],
    ['060006', 'REJECTED_BUSY'],
  ] as const) {
    const lines: string[] = []
    const a = end(initiator2({ keyLog: (line) => void lines.push(line) }), ed25519Alice)
    const b = end(responder2(), ed25519Bob)
    await deliver(b, output(a.session))
    await deliver(a, output(b.session))
    const key = lines.find((line) => line.startsWith('STALK2_RESPONDER_KEY'))?.split(' ')[2] ?? ''
    const sealer = new RecordSealer(new CipherState(noiseCiphers.AESGCM, bytes(key)))
    await deliver(a, sealer.seal(bytes(early)))
    assert.ok(code(expected)(a.error), early)
  }
})

test('PINGs are answered, the newest only; a PONG that answers nothing is ignored; the 21st PING is PING_FLOOD', async () => {
  const { a, b } = await establishedPair2()
  for (let count = 0; count < 20; count += 1) a.session.ping(new Uint8Array(8).fill(count))
  await deliver(b, output(a.session))
  await deliver(a, output(b.session))
  const pongs = a.told.filter(({ type }) => type === 'pong')
  assert.deepEqual(pongs, [{ type: 'pong', number: 20 }])
  a.session.ping(new Uint8Array(8))
  await deliver(b, output(a.session))
  assert.ok(code('PING_FLOOD')(b.error))
})

test('time: a silent peer is asked, then taken for dead, and told so; after a CLOSE nobody is asked', async () => {
  const { a, b } = await establishedPair2()
  assert.equal(a.session.nextTickAt, 15_000)
  a.session.tick(14_999)
  assert.equal(output(a.session).length, 0)
  a.session.tick(15_000)
  await deliver(b, output(a.session))
  assert.ok(output(b.session).length > 0)
  a.session.pauseReading(15_000)
  a.session.tick(300_000)
  a.session.resumeReading(300_000)
  for (const now of [315_000, 330_000, 345_000]) a.session.tick(now)
  assert.throws(() => a.session.tick(360_000), code('PEER_DEAD'))
  assert.equal(a.session.nextTickAt, Infinity)
  b.session.end()
  output(b.session)
  // with channels, the two go on until both have sent their last
  assert.notEqual(b.session.nextTickAt, Infinity)
  const plain = await establishedPair2({ a: { limits: { ...defaultLimits, maxChannels: 0 } } })
  plain.b.session.end()
  output(plain.b.session)
  assert.equal(plain.b.session.nextTickAt, Infinity)
  const quiet = end(initiator2({ keepalive: null }), ed25519Alice)
  assert.equal(quiet.session.nextTickAt, Infinity)
})

test('a message above what the peer announced is MESSAGE_TOO_LARGE here and is not sent', async () => {
  const { a } = await establishedPair2({ b: { limits: { ...defaultLimits, maxMessageBytes: 100 } } })
  a.session.send(text('x'.repeat(90)))
  assert.throws(() => a.session.send(text('x'.repeat(100))), code('MESSAGE_TOO_LARGE'))
  assert.equal(a.session.failure, null)
})

/** Replaces how one end sends: what a peer with bugs would say, under the right key. */
function forging(
  pair: { a: End; b: End },
  forge: (seal: (plaintext: Uint8Array) => Uint8Array) => Uint8Array,
): Uint8Array {
  const secrets = new Map<string, string>()
  for (const line of keyLog) {
    const [label = '', , secret = ''] = line.split(' ')
    secrets.set(label, secret)
  }
  assert.ok(pair.a.session.failure === null)
  const key = bytes(secrets.get('STALK2_INITIATOR_KEY') ?? '')
  const sealer = new RecordSealer(new CipherState(noiseCiphers.AESGCM, key))
  return forge((plaintext) => sealer.seal(plaintext))
}

const keyLog: string[] = []

async function pairWithKeys(): Promise<{ a: End; b: End }> {
  keyLog.length = 0
  return establishedPair2({ a: { keyLog: (line) => void keyLog.push(line) } })
}

const forged: readonly [string, string, StalkError['code'], number][] = [
  ['a second verdict', '05', 'RECORD_UNEXPECTED', 2],
  ['a REJECT after the verdict', '060001', 'RECORD_UNEXPECTED', 2],
  ['a record of unknown type', '09', 'RECORD_TYPE_UNKNOWN', 2],
  ['a record without frames', '01', 'FRAME_EMPTY', 2],
  ['a frame of an unknown channel', '010303aa', 'FRAME_CHANNEL', 2],
  ['a frame of a channel that was never opened', '011003aa', 'CHANNEL_UNKNOWN', 2],
  ['what is said about channels and makes no sense', '010203aa', 'CHANNEL_CONTROL_INVALID', 2],
  ['a frame over the end of its record', '010005aa', 'FRAME_MALFORMED', 2],
  ['a CLOSE inside a message', '010002aa|020000', 'MESSAGE_TRUNCATED', 2],
  ['a record after a CLOSE', '020000|0100030000', 'RECORD_AFTER_CLOSE', 2],
]
for (const [name, plaintexts, expected, told] of forged) {
  test(`${name} is ${expected}, the peer is told CLOSE{${told}}, and nothing is delivered`, async () => {
    const pair = await pairWithKeys()
    const stream = forging(pair, (seal) => concatBytes(...plaintexts.split('|').map((record) => seal(bytes(record)))))
    await deliver(pair.b, stream)
    assert.ok(code(expected)(pair.b.error))
    assert.equal(messagesOf(pair.b.told).length, 0)
    await deliver(pair.a, output(pair.b.session))
    assert.equal((pair.a.error as StalkError).peer?.code, told)
    assert.equal(pair.b.session.outputEnded, true)
  })
}

test('a message that is no spack is PEER_MESSAGE_INVALID as soon as it is read, and the peer is told CLOSE{2}', async () => {
  const pair = await pairWithKeys()
  await deliver(
    pair.b,
    forging(pair, (seal) => seal(bytes('010003ff'))),
  )
  const [message] = pair.b.told.flatMap(encodedIn)
  assert(message instanceof Uint8Array)
  assert.throws(() => pair.b.session.coding.decode(message), code('PEER_MESSAGE_INVALID'))
  assert.throws(() => pair.b.session.receive(new Uint8Array(1), 0), code('PEER_MESSAGE_INVALID'))
  assert.throws(() => pair.b.session.coding.decode(message), code('PEER_MESSAGE_INVALID'))
  await deliver(pair.a, output(pair.b.session))
  assert.equal((pair.a.error as StalkError).peer?.code, 2)
  assert.equal(pair.b.session.outputEnded, true)
})

test('a message above our limit is PEER_MESSAGE_TOO_LARGE as soon as it shows, CLOSE{3}', async () => {
  keyLog.length = 0
  const pair = await establishedPair2({
    a: { keyLog: (line) => void keyLog.push(line) },
    b: { limits: { ...defaultLimits, maxMessageBytes: 10 } },
  })
  await deliver(
    pair.b,
    forging(pair, (seal) => seal(concatBytes(bytes('010016'), new Uint8Array(11)))),
  )
  assert.ok(code('PEER_MESSAGE_TOO_LARGE')(pair.b.error))
  await deliver(pair.a, output(pair.b.session))
  assert.equal((pair.a.error as StalkError).peer?.code, 3)
})

test('records that run out end the connection with CLOSE{5}: CONNECTION_EXPIRED here, CLOSED_BY_PEER there', async () => {
  const recordNumbers = { rekeyInterval: 2, last: 7 }
  const { a, b } = await establishedPair2({ a: { recordNumbers }, b: { recordNumbers } })
  for (let count = 0; count < 8; count += 1) {
    a.session.send(text(`message ${count}`))
    await deliver(b, output(a.session))
  }
  assert.ok(code('CONNECTION_EXPIRED')(a.session.failure))
  assert.equal(messagesOf(b.told).length, 7)
  assert.ok(code('CLOSED_BY_PEER')(b.error))
  assert.equal((b.error as StalkError).peer?.code, 5)
})

test('a session that has failed says so ever after and sends nothing more than its last word', async () => {
  const { a } = await establishedPair2()
  const failure = new StalkError('CONNECTION_CLOSED', 'given up')
  a.session.send(text('lost'))
  a.session.abort(failure)
  a.session.abort(new StalkError('INTERNAL', 'never seen'))
  assert.equal(a.session.takeOutput().length, 1)
  assert.equal(a.session.takeOutput().length, 0)
  for (const use of [
    () => a.session.send(text('x')),
    () => a.session.end(),
    () => a.session.receive(new Uint8Array(1), 0),
    () => a.session.receiveEnd(),
    () => a.session.exportSecret('x', new Uint8Array(), 1),
  ]) {
    assert.throws(use, (error) => error === failure)
  }
})

test('before there are keys, and after the end, there is nothing to use: TypeError', async () => {
  const { a } = strangers()
  for (const use of [
    () => a.session.cipher,
    () => a.session.channelBinding,
    () => a.session.send(text('x')),
    () => a.session.ping(new Uint8Array(8)),
  ]) {
    assert.throws(use, TypeError)
  }
  assert.equal(a.session.applicationProtocol, null)
  assert.throws(() => initiator2({ suites: [] }), RangeError)
  const pair = await establishedPair2()
  pair.a.session.end()
  assert.throws(() => pair.a.session.send(text('x')), TypeError)
  pair.a.session.ping(new Uint8Array(8))
  await deliver(pair.b, output(pair.a.session))
  assert.deepEqual(typesOf(pair.b).slice(-1), ['end'])
})

test('a listening side that shows no identity is STALK2_IDENTITY_INCOMPLETE', async () => {
  const { a } = strangers()
  const opening = output(a.session)
  const preamble = encodePreamble([1, 2])
  const handshake = new HandshakeState({
    protocolName: 'Noise_XX_25519_AESGCM_SHA256',
    role: 'responder',
    prologue: encodePrologue(preamble, null),
    staticKeys: generateX25519(),
    generateEphemeral: generateX25519,
  })
  handshake.readMessage(opening.subarray(preamble.length + 2))
  const messageB = frameHandshakeMessage(handshake.writeMessage(new Uint8Array()))
  await deliver(a, concatBytes(Uint8Array.of(1), messageB))
  assert.ok(code('STALK2_IDENTITY_INCOMPLETE')(a.error))
})

test('whoever fails when only the last record is left has no word for it', async () => {
  const recordNumbers = { rekeyInterval: 100, last: 2 }
  const { a, b } = await establishedPair2({ a: { recordNumbers }, b: { recordNumbers } })
  for (const word of ['one', 'two']) a.session.send(text(word))
  output(a.session)
  a.session.ping(new Uint8Array(8))
  output(a.session)
  a.session.abort(new StalkError('INTERNAL', 'given up'))
  assert.equal(output(a.session).length, 0)
  assert.equal(b.error, null)
})
