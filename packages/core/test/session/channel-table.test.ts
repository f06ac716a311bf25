import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { concatBytes } from '#src/crypto/bytes.js'
import type { ChannelTable } from '#src/session/channel-table.js'
import { resetError } from '#src/stalk2/verdict.js'
import { code } from '../support/errors.js'
import { carry, control, frame, nextBody, open, reset, tables, send } from '../support/channels.js'

const kib = 1024

function bytesOf(length: number, value = 7): Uint8Array {
  return new Uint8Array(length).fill(value)
}

function reads(table: ChannelTable, id: number): number[] {
  const lengths: number[] = []
  for (let message = table.take(id); message !== null; message = table.take(id)) lengths.push(message.length)
  return lengths
}

test('a call is one record each way: OPEN, message, END; message, END. Then nothing of it is left', () => {
  const { a, b } = tables()
  const id = a.open('echo', 'interactive')
  assert.equal(id, 16)
  send(a, id, bytesOf(5))
  a.end(id)
  const question = nextBody(a)!
  assert.equal(nextBody(a), null)
  // OPEN: 2 bytes of frame, type, number, priority, name; message: 2 and 5; END: 2, type, number
  assert.equal(question.length, 2 + 3 + 4 + 2 + 5 + 2 + 2)
  assert.deepEqual(b.read(question, 0), [
    { type: 'channel', id: 16, name: 'echo', priority: 'interactive' },
    { type: 'channelMessage', id: 16 },
    { type: 'channelEnd', id: 16, isTruncated: false },
  ])
  assert.deepEqual(reads(b, id), [5])
  send(b, id, bytesOf(9))
  b.end(id)
  assert.deepEqual(carry(b, a), [
    { type: 'channelMessage', id: 16 },
    { type: 'channelEnd', id: 16, isTruncated: false },
  ])
  assert.deepEqual(reads(a, id), [9])
  assert.deepEqual([a.size, b.size], [0, 0])
})

test('both sides open channels: even numbers for the initiator, odd ones for the responder, none twice', () => {
  const { a, b } = tables()
  assert.deepEqual(
    [a.open('x', 'bulk'), a.open('x', 'bulk'), b.open('x', 'bulk'), b.open('y', 'bulk')],
    [16, 18, 17, 19],
  )
  carry(a, b)
  a.reset(18, { code: 0, reason: '' })
  assert.equal(a.open('x', 'bulk'), 20)
  assert.equal(carry(a, b).length, 2)
})

test('the peer opens its next number, and no other: CHANNEL_ID', () => {
  for (const id of [0, 1, 2, 15, 16, 19, 21, 4_294_967_295]) {
    const { a } = tables()
    assert.throws(() => a.read(open(id), 0), code('CHANNEL_ID'))
  }
  const { a } = tables()
  a.read(concatBytes(open(17), open(19)), 0)
  assert.throws(() => a.read(open(19), 0), code('CHANNEL_ID'))
})

test('as many channels as were agreed upon, and not one more: CHANNEL_LIMIT there, TOO_MANY_CHANNELS here', () => {
  const { a, b } = tables({ maxChannels: 5 }, { maxChannels: 2 })
  a.open('x', 'normal')
  a.open('x', 'normal')
  assert.throws(() => a.open('x', 'normal'), code('TOO_MANY_CHANNELS'))
  carry(a, b)
  assert.throws(() => b.read(open(20), 0), code('CHANNEL_LIMIT'))
})

test('a channel counts until both sides have ended it, or one has given it up', () => {
  const { a, b } = tables({ maxChannels: 1 })
  const refuses = (): void => assert.throws(() => a.open('x', 'normal'), code('TOO_MANY_CHANNELS'))
  a.open('x', 'normal')
  a.end(16)
  refuses()
  carry(a, b)
  refuses()
  b.end(16)
  carry(b, a)
  assert.equal(a.open('x', 'normal'), 18)
  carry(a, b)
  b.reset(18, { code: 1, reason: 'no' })
  refuses()
  carry(b, a)
  assert.equal(a.open('x', 'normal'), 20)
  a.reset(20, { code: 0, reason: '' })
  // the peer does not know yet
  refuses()
  carry(a, b)
  assert.equal(a.open('x', 'normal'), 22)
  assert.doesNotThrow(() => carry(a, b))
})

test('an END that waits for credit holds its place: OPEN never overtakes it', () => {
  const { a, b } = tables({ maxChannels: 1, channelCreditBytes: kib, channelWindowBytes: kib })
  a.open('x', 'normal')
  send(a, 16, bytesOf(900))
  send(a, 16, bytesOf(900))
  a.end(16)
  carry(a, b)
  b.end(16)
  carry(b, a)
  assert.throws(() => a.open('x', 'normal'), code('TOO_MANY_CHANNELS'))
  assert.deepEqual(reads(b, 16), [900])
  carry(b, a)
  carry(a, b)
  assert.deepEqual(reads(b, 16), [900])
  a.open('x', 'normal')
  assert.doesNotThrow(() => carry(a, b))
})

test('a peer that does not read what refuses its channels cannot make us say it without end: CHANNEL_LIMIT', () => {
  const { a } = tables({ maxChannels: 10 })
  let id = 17
  const openOne = (): void => {
    a.read(open(id), 0)
    a.reset(id, { code: 1, reason: 'no' })
    id += 2
  }
  for (let count = 0; count < 10; count += 1) openOne()
  assert.throws(openOne, code('CHANNEL_LIMIT'))
})

test('a channel that both sides give up is free for the one that opened it, and is not given up twice', () => {
  const { a, b } = tables({ maxChannels: 1 })
  a.open('x', 'normal')
  carry(a, b)
  b.reset(16, { code: 1, reason: 'no' })
  a.reset(16, { code: 0, reason: '' })
  carry(a, b)
  assert.equal(nextBody(b), null)
  a.open('y', 'normal')
  carry(a, b)
  // the same if both had ended it, which crosses
  b.end(18)
  const ended = nextBody(b)!
  b.reset(18, { code: 1, reason: 'no' })
  a.end(18)
  a.read(ended, 0)
  carry(a, b)
  assert.equal(nextBody(b), null)
  a.open('z', 'normal')
  assert.doesNotThrow(() => carry(a, b))
})

test('channels that are opened and given up, 10,000 at once or 1,000 a second, are fine; more is CHANNEL_FLOOD', () => {
  const { a } = tables()
  let id = 17
  const openAndReset = (count: number, now: number): void => {
    for (let done = 0; done < count; done += 1, id += 2) a.read(concatBytes(open(id), reset(id)), now)
  }
  openAndReset(10_000, 0)
  openAndReset(1000, 1000)
  openAndReset(500, 1500)
  assert.throws(() => openAndReset(1, 1500), code('CHANNEL_FLOOD'))
})

test('of a channel that never was: CHANNEL_UNKNOWN; of one that is over: left alone, for it crossed', () => {
  const ofChannel = [
    (id: number) => frame(id, bytesOf(3)),
    (id: number) => control({ type: 'credit', id, bytes: 1 }),
    (id: number) => control({ type: 'end', id }),
    (id: number) => reset(id),
  ]
  for (const body of ofChannel) {
    for (const id of [16, 17, 18]) {
      const { a } = tables()
      assert.throws(() => a.read(body(id), 0), code('CHANNEL_UNKNOWN'))
    }
    const { a, b } = tables()
    b.open('x', 'normal')
    carry(b, a)
    a.reset(17, { code: 0, reason: '' })
    assert.deepEqual(a.read(body(17), 0), [])
    assert.throws(() => a.read(body(19), 0), code('CHANNEL_UNKNOWN'))
  }
  for (const id of [1, 3, 15]) {
    const { a } = tables()
    assert.throws(() => a.read(control({ type: 'credit', id, bytes: 1 }), 0), code('CHANNEL_UNKNOWN'))
    assert.throws(() => a.read(control({ type: 'end', id: 0 }), 0), code('CHANNEL_UNKNOWN'))
  }
})

test('between the reserved numbers there is no channel: FRAME_CHANNEL', () => {
  for (let id = 3; id < 16; id += 1)
    assert.throws(() => tables().a.read(frame(id, bytesOf(3)), 0), code('FRAME_CHANNEL'))
})

test('after END nothing more comes on a channel: CHANNEL_ENDED', () => {
  for (const late of [frame(17, bytesOf(1)), control({ type: 'end', id: 17 })]) {
    const { a, b } = tables()
    b.open('x', 'normal')
    b.end(17)
    carry(b, a)
    assert.throws(() => a.read(late, 0), code('CHANNEL_ENDED'))
  }
})

test('after DONE nothing comes but credit and what is given up: CHANNEL_ENDED', () => {
  const done = control({ type: 'done', reason: '' })
  for (const late of [frame(0, bytesOf(1)), frame(17, bytesOf(1)), open(19), control({ type: 'end', id: 17 }), done]) {
    const { a } = tables()
    a.read(concatBytes(open(17), done), 0)
    assert.throws(() => a.read(late, 0), code('CHANNEL_ENDED'))
  }
  const { a, b } = tables()
  a.open('x', 'normal')
  b.read(open(16), 0)
  b.read(done, 0)
  assert.deepEqual(b.read(concatBytes(control({ type: 'credit', id: 16, bytes: 9 }), reset(16)), 0), [
    { type: 'channelReset', id: 16, error: resetError({ code: 0, reason: '' }) },
  ])
})

test('DONE ends all channels, those that were not ended too early', () => {
  const { a } = tables()
  a.read(concatBytes(open(17), open(19), control({ type: 'end', id: 17 })), 0)
  assert.deepEqual(a.read(control({ type: 'done', reason: 'bye' }), 0), [
    { type: 'channelEnd', id: 19, isTruncated: true },
    { type: 'done', reason: 'bye' },
  ])
  assert.deepEqual(a.endOfPeer(), [])
})

test('END, DONE and CLOSE inside a message: MESSAGE_TRUNCATED, also if nobody wants the message', () => {
  const begun = concatBytes(open(17), frame(17, bytesOf(1), false))
  for (const isUnwanted of [false, true]) {
    for (const ending of [control({ type: 'end', id: 17 }), control({ type: 'done', reason: '' }), null]) {
      const { a } = tables()
      a.read(begun, 0)
      if (isUnwanted) a.discard(17)
      const end = (): unknown => (ending === null ? a.endOfPeer() : a.read(ending, 0))
      assert.throws(end, code('MESSAGE_TRUNCATED'))
    }
  }
  const { a } = tables()
  a.read(frame(0, bytesOf(1), false), 0)
  assert.throws(() => a.endOfPeer(), code('MESSAGE_TRUNCATED'))
})

test('a message costs its bytes and 64: exactly the credit may come, one byte more is CHANNEL_CREDIT_EXCEEDED', () => {
  for (const id of [0, 17]) {
    const sizes = { channelCreditBytes: 2 * kib, channelWindowBytes: 2 * kib }
    const fill = (table: ChannelTable, length: number): void => {
      if (id === 17) table.read(open(17), 0)
      table.read(frame(id, bytesOf(kib - 64)), 0)
      table.read(frame(id, bytesOf(length)), 0)
    }
    fill(tables(sizes).a, kib - 64)
    assert.throws(() => fill(tables(sizes).a, kib - 63), code('CHANNEL_CREDIT_EXCEEDED'))
  }
})

test('more credit than there can be: CHANNEL_CREDIT_OVERFLOW', () => {
  const { a } = tables({}, { channelCreditBytes: 1024 })
  a.open('x', 'normal')
  for (const id of [0, 16]) {
    a.read(control({ type: 'credit', id, bytes: 2 ** 32 - 1 - 1024 }), 0)
    assert.throws(() => a.read(control({ type: 'credit', id, bytes: 1 }), 0), code('CHANNEL_CREDIT_OVERFLOW'))
  }
})

test('nothing of a record with a fault is delivered', () => {
  const { a } = tables()
  a.read(open(17), 0)
  const faulty = concatBytes(frame(17, bytesOf(3)), frame(15, bytesOf(3)))
  assert.throws(() => a.read(faulty, 0), code('FRAME_CHANNEL'))
  assert.equal(a.take(17), null)
})

test('a reset drops what is queued and what is unread, on both sides', () => {
  const { a, b } = tables()
  a.open('x', 'normal')
  send(a, 16, bytesOf(100_000))
  carry(a, b)
  send(b, 16, bytesOf(10))
  carry(b, a)
  b.reset(16, { code: 0x4000, reason: 'enough' })
  assert.deepEqual(carry(b, a), [
    { type: 'channelReset', id: 16, error: resetError({ code: 0x4000, reason: 'enough' }) },
  ])
  assert.deepEqual([a.take(16), a.scheduler.bytes, a.size, b.size], [null, 0, 0, 0])
  // both at once: each takes the other’s for something that crossed
  a.open('y', 'normal')
  carry(a, b)
  a.reset(18, { code: 0, reason: '' })
  b.reset(18, { code: 0, reason: '' })
  assert.deepEqual([...carry(a, b), ...carry(b, a)], [])
})

test('a message in the same record as the reset of its channel is dropped as well', () => {
  const { a } = tables()
  const events = a.read(concatBytes(open(17), frame(17, bytesOf(100)), reset(17)), 0)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['channel', 'channelMessage', 'channelReset'],
  )
  assert.deepEqual(reads(a, 17), [])
})

test('what was unread when both sides had ended can still be read, and holds no place', () => {
  const { a, b } = tables({ maxChannels: 1 })
  a.open('x', 'normal')
  send(a, 16, bytesOf(3))
  a.end(16)
  carry(a, b)
  b.end(16)
  carry(b, a)
  a.open('y', 'normal')
  carry(a, b)
  assert.deepEqual(reads(b, 16), [3])
  assert.equal(b.size, 1)
})

test('the call that SPEC writes down is the one that is made, byte by byte, and is understood', () => {
  const spec = readFileSync(path.join(import.meta.dirname, '../../../../docs/SPEC.md'), 'utf8')
  const [, example = ''] = /### stalk\/2 §14 channels[\s\S]*?```text\n(01 +DATA[\s\S]*?)```/u.exec(spec) ?? []
  const digits = example.split('\n').map((line) => /^(?:[0-9a-f]{2} +)*/u.exec(line)?.[0] ?? '')
  const { a, b } = tables()
  a.open('x', 'normal')
  send(a, 16, Uint8Array.of(1, 1, 7))
  a.end(16)
  const body = nextBody(a)!
  assert.equal(digits.join('').replaceAll(' ', ''), `01${Buffer.from(body).toString('hex')}`)
  assert.equal(b.read(body, 0).length, 3)
  assert.deepEqual(b.take(16), Uint8Array.of(1, 1, 7))
})

/** Carries what both sides have to say until neither has anything. */
function settle(a: ChannelTable, b: ChannelTable): void {
  for (let rounds = 0; rounds < 1000; rounds += 1) if (carry(a, b).length + carry(b, a).length === 0) return
}

test('large messages that nobody reads take no more than there is for all channels and one more, also if each is the last of its channel', () => {
  const limits = { channelCreditBytes: 4 * kib, channelWindowBytes: 16 * kib, maxChannelBytes: 64 * kib }
  const { a, b } = tables(limits)
  for (let count = 0; count < 20; count += 1) {
    const id = a.open('large', 'normal')
    send(a, id, bytesOf(64 * kib))
    a.end(id)
  }
  settle(a, b)
  // what each may have anyway, and of the last one as much as it takes to end its message
  assert(a.scheduler.bytes >= 20 * 64 * kib - (64 + 64) * kib - 20 * 4 * kib, `${a.scheduler.bytes} bytes wait`)
})

test('what is unread of channels that are over is bounded: beyond, what the peer opens is refused, and nothing can be opened here', () => {
  const limits = { maxChannelBytes: 16 * kib, channelCreditBytes: 4 * kib }
  const { a, b } = tables(limits)
  const opened: number[] = []
  let refused = 0
  for (let count = 0; count < 20; count += 1) {
    const id = a.open('x', 'normal')
    send(a, id, bytesOf(kib))
    a.end(id)
    const events = carry(a, b)
    if (events.some(({ type }) => type === 'channel')) {
      opened.push(id)
      b.end(id)
    } else refused += 1
    for (const event of carry(b, a))
      if (event.type === 'channelReset')
        assert.deepEqual(event.error.peer, { code: 1, reason: 'too much of earlier channels is unread' })
  }
  assert.deepEqual([opened.length, refused], [16, 4])
  assert.throws(() => b.open('y', 'normal'), code('TOO_MANY_CHANNELS'))
  assert.deepEqual(reads(b, opened[0]!), [kib])
  b.discard(opened[1]!)
  b.reset(opened[2]!, { code: 0, reason: '' })
  b.open('y', 'normal')
  for (const id of opened.slice(3)) assert.deepEqual(reads(b, id), [kib])
  assert.equal(b.size, 1)
})

test('an END that has not left is taken back when the peer gives the channel up: whoever does not read cannot pile them up', () => {
  const { a, b } = tables()
  for (let count = 0; count < 100; count += 1) {
    const id = a.open('x', 'normal')
    b.read(nextBody(a)!, 0)
    b.end(id)
    a.reset(id, { code: 0, reason: '' })
    b.read(nextBody(a)!, 0)
  }
  assert.equal(nextBody(b), null)
})

test('after DONE a channel is ended without a word', () => {
  const { a, b } = tables()
  const id = a.open('x', 'normal')
  carry(a, b)
  a.done('')
  carry(a, b)
  a.end(id)
  assert.equal(nextBody(a), null)
  b.end(id)
  assert.deepEqual(carry(b, a), [{ type: 'channelEnd', id, isTruncated: false }])
  assert.deepEqual([a.size, b.size], [0, 0])
})

test('a channel that is silenced says nothing more, and takes what comes without keeping it', () => {
  const { a, b } = tables()
  const id = a.open('x', 'normal')
  send(a, id, bytesOf(100_000))
  carry(a, b)
  assert(a.scheduler.bytes > 0)
  a.silence(id)
  assert.equal(a.scheduler.bytes, 0)
  send(b, id, bytesOf(5))
  carry(b, a)
  assert.deepEqual(reads(a, id), [])
  a.reset(id, { code: 0, reason: '' })
  assert.deepEqual(
    carry(a, b).map(({ type }) => type),
    ['channelReset'],
  )
})
