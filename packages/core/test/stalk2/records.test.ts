import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StalkErrorCode } from '#src/errors.js'
import { CipherState } from '#src/noise/cipher-state.js'
import { noiseCiphers, type NoiseCipher } from '#src/noise/suites.js'
import { ByteQueue } from '#src/stalk2/byte-queue.js'
import {
  encodeAccept,
  encodeClose,
  encodePing,
  encodePong,
  encodeReject,
  readRecordBody,
} from '#src/stalk2/control-records.js'
import { exportSecret } from '#src/stalk2/exporter.js'
import { FrameReader, MessageAssembler } from '#src/stalk2/frames.js'
import { MessageQueue } from '#src/stalk2/message-queue.js'
import { OutgoingChannel, Scheduler } from '#src/stalk2/scheduler.js'
import { Keepalive, PingMeter } from '#src/stalk2/keepalive.js'
import { RecordOpener, RecordSealer } from '#src/stalk2/record-layer.js'
import { chooseApplicationProtocol, checkChosenProtocol, closedError, rejectedError } from '#src/stalk2/verdict.js'
import { code } from '../support/errors.js'
import { bytes, hex } from '../support/vectors.js'

const key = new Uint8Array(32).fill(7)
const ping = encodePing(new Uint8Array(8))

function sealer(nonce = 0, cipher: NoiseCipher = noiseCiphers.AESGCM): RecordSealer {
  return new RecordSealer(new CipherState(cipher, key, nonce))
}

function opener(nonce = 0, cipher: NoiseCipher = noiseCiphers.AESGCM): RecordOpener {
  return new RecordOpener(new CipherState(cipher, key, nonce))
}

function open(by: RecordOpener, record: Uint8Array): Uint8Array | null {
  const queue = new ByteQueue()
  queue.push(record)
  return by.next(queue)
}

for (const [name, cipher] of Object.entries(noiseCiphers)) {
  test(`records go through in order under ${name}, and no bit of one can be changed`, () => {
    const [seal, receive] = [sealer(0, cipher), opener(0, cipher)]
    for (const text of [bytes('01'), ping, new Uint8Array(65_519).fill(1)]) {
      assert.deepEqual(open(receive, seal.seal(text)), text)
    }
    const record = sealer(0, cipher).seal(ping)
    for (let bit = 16; bit < record.length * 8; bit += 1) {
      const changed = record.with(bit >> 3, record[bit >> 3]! ^ (1 << (bit & 7)))
      assert.throws(() => open(opener(0, cipher), changed), code('RECORD_AUTH_FAILED'))
    }
    for (let cut = 0; cut < record.length; cut += 1) {
      assert.equal(open(opener(0, cipher), record.subarray(0, cut)), null)
    }
  })
}

test('a record that is replayed, reordered or missing is RECORD_AUTH_FAILED at the next', () => {
  const seal = sealer()
  const [first, second] = [seal.seal(ping), seal.seal(ping)]
  assert.throws(() => open(opener(), second), code('RECORD_AUTH_FAILED'))
  const receive = opener()
  open(receive, first)
  assert.throws(() => open(receive, first), code('RECORD_AUTH_FAILED'))
})

test('a length below 17 is RECORD_LENGTH as soon as it is there', () => {
  for (let length = 0; length <= 16; length += 1) {
    assert.throws(() => open(opener(), Uint8Array.of(0, length)), code('RECORD_LENGTH'))
  }
  assert.equal(open(opener(), Uint8Array.of(0, 17)), null)
  for (const length of [0, 65_520]) assert.throws(() => sealer().seal(new Uint8Array(length)), RangeError)
})

test('the record 2^20, and no other near it, is the first under the next key', () => {
  const at = 2 ** 20
  const [seal, receive] = [sealer(at - 1), opener(at - 1)]
  for (let count = 0; count < 3; count += 1) assert.deepEqual(open(receive, seal.seal(ping)), ping)

  const nextKey = new CipherState(noiseCiphers.AESGCM, key, at)
  nextKey.rekey()
  const rekeyed = nextKey.encryptWithAd(new Uint8Array(), ping)
  assert.equal(hex(sealer(at).seal(ping).subarray(2)), hex(rekeyed))

  const oldKey = new CipherState(noiseCiphers.AESGCM, key, at).encryptWithAd(new Uint8Array(), ping)
  assert.throws(() => open(opener(at), Uint8Array.of(0, oldKey.length, ...oldKey)), code('RECORD_AUTH_FAILED'))
  const early = new CipherState(noiseCiphers.AESGCM, key, at - 1)
  early.rekey()
  const tooEarly = early.encryptWithAd(new Uint8Array(), ping)
  assert.throws(() => open(opener(at - 1), Uint8Array.of(0, tooEarly.length, ...tooEarly)), code('RECORD_AUTH_FAILED'))
})

test('sides that prepare before each record go over the change of keys as those that do not', () => {
  const [seal, same, receive] = [sealer(2 ** 20 - 2), sealer(2 ** 20 - 2), opener(2 ** 20 - 2)]
  for (let count = 0; count < 5; count += 1) {
    seal.prepare()
    receive.prepare()
    const record = seal.seal(ping)
    assert.deepEqual(record, same.seal(ping))
    assert.deepEqual(open(receive, record), ping)
  }
})

test('the record 2^32 - 1 is for CLOSE{5} alone, and none comes after it', () => {
  const last = 2 ** 32 - 1
  const expired = encodeClose({ code: 5, reason: '' })
  const seal = sealer(last - 1)
  assert.ok(!seal.isAtLast)
  seal.seal(ping)
  assert.ok(seal.isAtLast)
  assert.throws(() => seal.seal(ping), code('CONNECTION_EXPIRED'))
  assert.deepEqual(open(opener(last), seal.seal(expired)), expired)
  assert.throws(() => seal.seal(expired), code('CONNECTION_EXPIRED'))

  const ciphertext = new CipherState(noiseCiphers.AESGCM, key, last).encryptWithAd(new Uint8Array(), ping)
  const receive = opener(last)
  assert.throws(() => open(receive, Uint8Array.of(0, ciphertext.length, ...ciphertext)), code('RECORD_EXPIRED'))
  assert.throws(() => open(receive, Uint8Array.of(0, ciphertext.length, ...ciphertext)), code('RECORD_EXPIRED'))
})

test('control records come back as they went in', () => {
  const statement = { code: 0x4001, reason: 'grüße' }
  assert.deepEqual(readRecordBody(encodeClose(statement)), { type: 'close', statement })
  assert.deepEqual(readRecordBody(encodeReject(statement)), { type: 'reject', statement })
  assert.deepEqual(readRecordBody(encodePong(bytes('0102030405060708'))), {
    type: 'pong',
    data: bytes('0102030405060708'),
  })
  assert.deepEqual(readRecordBody(encodeAccept(bytes('aa'))), { type: 'accept', payload: bytes('aa') })
  for (const wrong of [
    { code: 65_536, reason: '' },
    { code: 1, reason: 'x'.repeat(256) },
  ]) {
    assert.throws(() => encodeClose(wrong), RangeError)
  }
  assert.throws(() => encodeReject({ code: 0, reason: '' }), RangeError)
  assert.throws(() => encodePing(new Uint8Array(7)), RangeError)
})

const badRecords: readonly [string, StalkErrorCode][] = [
  ['00', 'RECORD_TYPE_UNKNOWN'],
  ['07', 'RECORD_TYPE_UNKNOWN'],
  ['ff', 'RECORD_TYPE_UNKNOWN'],
  ['0200', 'RECORD_BODY_INVALID'],
  [`020000${'78'.repeat(256)}`, 'RECORD_BODY_INVALID'],
  ['020000ff', 'RECORD_BODY_INVALID'],
  ['060000', 'RECORD_BODY_INVALID'],
  ['0300', 'RECORD_BODY_INVALID'],
  [`04${'00'.repeat(9)}`, 'RECORD_BODY_INVALID'],
]
for (const [record, expected] of badRecords) {
  test(`the record ${record.slice(0, 12)} of ${record.length / 2} bytes is ${expected}`, () => {
    assert.throws(() => readRecordBody(bytes(record)), code(expected))
  })
}

/** The messages that become whole with a record’s frames. */
function messagesOf(assembler: MessageAssembler, frames: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = []
  const reader = new FrameReader(frames)
  const isChannel = (channel: number): boolean => channel <= 1
  for (let frame = reader.next(isChannel); frame !== null; frame = reader.next(isChannel)) {
    const message = frame.channel === 1 ? null : assembler.add(frame)
    if (message !== null) messages.push(message)
  }
  return messages
}

/** A queue of messages without credit. */
function sender(): { push: (message: Uint8Array) => void; nextRecord: (maxBytes: number) => Uint8Array | null } {
  const scheduler = new Scheduler()
  const channel = new OutgoingChannel(0, 'normal', Infinity)
  return {
    push: (message) => scheduler.send(channel, message),
    nextRecord: (maxBytes) => scheduler.nextRecord(maxBytes, true)?.slice() ?? null,
  }
}

test('messages of any size go through records of any size, in order and once', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 })), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 4, max: 2000 }), (messages, recordBytes) => {
      const queue = sender()
      const sent = messages.map((size, index) => new Uint8Array(size).fill(index))
      for (const message of sent) queue.push(message)
      const assembler = new MessageAssembler(3000)
      const received: Uint8Array[] = []
      for (let record = queue.nextRecord(recordBytes); record !== null; record = queue.nextRecord(recordBytes)) {
        assert.ok(record.length <= recordBytes && record[0] === 1)
        received.push(...messagesOf(assembler, record.subarray(1)).map((message) => message.slice()))
      }
      assert.deepEqual(received, sent)
      assert.ok(!assembler.isInMessage)
    }),
    { numRuns: 300 },
  )
})

test('a record has at most 4,096 frames, on either side', () => {
  const queue = sender()
  for (let count = 0; count < 4097; count += 1) queue.push(Uint8Array.of(0))
  const [first, second] = [queue.nextRecord(65_518)!, queue.nextRecord(65_518)!]
  assert.equal(messagesOf(new MessageAssembler(9), first.subarray(1)).length, 4096)
  assert.equal(messagesOf(new MessageAssembler(9), second.subarray(1)).length, 1)
  const both = Uint8Array.of(...first.subarray(1), ...second.subarray(1))
  assert.throws(() => messagesOf(new MessageAssembler(9), both), code('FRAME_COUNT'))
  assert.throws(() => queue.push(new Uint8Array()), RangeError)
  assert.throws(() => new MessageQueue(0).take(1), RangeError)
  queue.push(Uint8Array.of(1))
  assert.throws(() => queue.nextRecord(3), RangeError)
})

const badFrames: readonly [string, StalkErrorCode][] = [
  ['', 'FRAME_EMPTY'],
  ['0000', 'FRAME_EMPTY'],
  ['0001', 'FRAME_EMPTY'],
  ['0100', 'FRAME_EMPTY'],
  ['00', 'FRAME_MALFORMED'],
  ['0080', 'FRAME_MALFORMED'],
  ['008000', 'FRAME_MALFORMED'],
  ['800003aa', 'FRAME_MALFORMED'],
  ['0005aa', 'FRAME_MALFORMED'],
  ['00ffffffff1f', 'FRAME_MALFORMED'],
  ['00808080808001', 'FRAME_MALFORMED'],
  ['00ffffffff0f', 'FRAME_MALFORMED'],
  ['0203aa', 'FRAME_CHANNEL'],
  ['1003aa', 'FRAME_CHANNEL'],
  ['000baaaaaaaaaa', 'PEER_MESSAGE_TOO_LARGE'],
]
for (const [frames, expected] of badFrames) {
  test(`the frames ${frames === '' ? 'of nothing' : frames} are ${expected}`, () => {
    assert.throws(() => messagesOf(new MessageAssembler(4), bytes(frames)), code(expected))
  })
}

test('padding means nothing, in a message or between; a message of exactly the limit is read', () => {
  const assembler = new MessageAssembler(4)
  assert.deepEqual(messagesOf(assembler, bytes('0102ff0002aa0101')), [])
  assert.ok(assembler.isInMessage)
  assert.deepEqual(messagesOf(assembler, bytes('0103ff0007bbccdd')), [bytes('aabbccdd')])
  assert.deepEqual(messagesOf(assembler, bytes('0002aa0001')), [bytes('aa')])
})

test('fragments of one byte, endlessly, end at the limit', () => {
  const assembler = new MessageAssembler(100_000)
  const fragments = new Uint8Array(3 * 1000).map((_, index) => [0, 2, 7][index % 3]!)
  assert.throws(() => {
    for (let count = 0; count < 1000; count += 1) messagesOf(assembler, fragments)
  }, code('PEER_MESSAGE_TOO_LARGE'))
})

test('a silent peer is asked every 15 s, dead after 60 s; a record starts the count anew', () => {
  const keepalive = new Keepalive({ pingAfterMs: 15, deadAfterMs: 45 }, 0)
  assert.equal(keepalive.nextCheckAt, 15)
  assert.equal(keepalive.check(14), null)
  assert.equal(keepalive.check(15), 'ping')
  assert.equal(keepalive.nextCheckAt, 30)
  keepalive.heard(20)
  assert.equal(keepalive.check(34), null)
  assert.equal(keepalive.check(35), 'ping')
  assert.equal(keepalive.check(79), 'ping')
  assert.equal(keepalive.nextCheckAt, 80)
  assert.equal(keepalive.check(80), 'dead')
})

test('whoever does not read for five minutes gives a sign of life every 15 s, and nobody is dead', () => {
  const keepalive = new Keepalive({ pingAfterMs: 15, deadAfterMs: 45 }, 0)
  keepalive.pauseReading()
  for (let now = 15; now <= 300; now += 15) {
    assert.equal(keepalive.nextCheckAt, now)
    assert.equal(keepalive.check(now), 'ping')
  }
  keepalive.resumeReading(300)
  assert.equal(keepalive.check(300 + 59), 'ping')
  assert.equal(keepalive.check(300 + 60), 'dead')
})

test('a process that was stopped takes nobody for dead before it has read what came meanwhile: it asks, and the peer has all its time', () => {
  const keepalive = new Keepalive({ pingAfterMs: 15_000, deadAfterMs: 45_000 }, 0)
  assert.equal(keepalive.check(300_000), 'ping')
  for (const now of [315_000, 330_000, 345_000]) {
    assert.equal(keepalive.nextCheckAt, now)
    assert.equal(keepalive.check(now), 'ping')
  }
  // late, as timers are on a busy machine, is not stopped
  assert.equal(keepalive.check(360_500), 'dead')
})

test('20 PINGs in 10 s are answered, the 21st is PING_FLOOD', () => {
  const meter = new PingMeter()
  for (let count = 0; count < 20; count += 1) meter.onPing(count)
  meter.onPing(10_000)
  assert.throws(() => meter.onPing(10_000), code('PING_FLOOD'))
})

test('exported secrets differ by secret, hash, label, context and length', () => {
  const base = [key, key, 'label', bytes('00'), 32] as const
  const other = key.with(0, 0)
  const variants: Parameters<typeof exportSecret>[] = [
    [...base],
    [other, key, 'label', bytes('00'), 32],
    [key, other, 'label', bytes('00'), 32],
    [key, key, 'Label', bytes('00'), 32],
    [key, key, 'label', bytes('01'), 32],
  ]
  assert.equal(new Set(variants.map((variant) => hex(exportSecret(...variant)))).size, variants.length)
  assert.equal(exportSecret(key, key, 'l', bytes(''), 8160).length, 8160)
  for (const length of [0, 8161]) assert.throws(() => exportSecret(key, key, 'l', bytes(''), length), RangeError)
  for (const label of ['', 'ü', '\0', 'x'.repeat(256)]) {
    assert.throws(() => exportSecret(key, key, label, bytes(''), 1), TypeError)
  }
})

test('every REJECT has its own code here, every CLOSE its meaning; what the peer wrote is escaped', () => {
  const codes = [1, 2, 3, 4, 5, 6, 0x4000].map((number) => rejectedError({ code: number, reason: '' }).code)
  assert.equal(new Set(codes).size, 7)
  const error = closedError({ code: 0x4002, reason: '\u001b[31m\n' })
  assert.match(error.message, /code 16386, "\\u001b\[31m\\n"/u)
  assert.match(closedError({ code: 4, reason: '\u202e' }).message, /timeout, "\\u\{202e\}"/u)
})

test('application protocols: both or neither, the initiator’s first, and only what was offered', () => {
  assert.equal(chooseApplicationProtocol(null, null), null)
  assert.equal(chooseApplicationProtocol(['b', 'a'], ['a', 'b']), 'b')
  for (const [offered, ours] of [
    [['a'], ['b']],
    [['a'], null],
    [null, ['a']],
  ] as const) {
    assert.throws(() => chooseApplicationProtocol(offered, ours), code('NO_APPLICATION_PROTOCOL'))
  }
  assert.equal(checkChosenProtocol(null, null), null)
  assert.equal(checkChosenProtocol(['a'], ['a']), 'a')
  for (const [chosen, offered] of [
    [null, ['a']],
    [['b'], ['a']],
    [['a'], null],
  ] as const) {
    assert.throws(() => checkChosenProtocol(chosen, offered), code('STALK2_PAYLOAD_VALUE'))
  }
})
