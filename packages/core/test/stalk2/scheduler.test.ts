import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Priority } from '#src/priorities.js'
import { FrameReader } from '#src/stalk2/frames.js'
import { OutgoingChannel, Scheduler } from '#src/stalk2/scheduler.js'

interface Sent {
  readonly channel: number
  readonly bytes: number
  readonly isFinal: boolean
}

function framesOf(record: Uint8Array | null): Sent[] {
  const frames: Sent[] = []
  if (record === null) return frames
  const reader = new FrameReader(record.subarray(1))
  for (let frame = reader.next(() => true); frame !== null; frame = reader.next(() => true)) {
    frames.push({ channel: frame.channel, bytes: frame.bytes.length, isFinal: frame.isFinal })
  }
  return frames
}

/** A scheduler with channels that always have something to send. */
function busy(...channels: readonly (readonly [Priority, messageBytes: number])[]) {
  const scheduler = new Scheduler()
  const sent = new Map<number, number>()
  const outgoing = channels.map(([priority], index) => new OutgoingChannel(16 + index, priority, Infinity))
  const messages = channels.map(([, bytes]) => new Uint8Array(bytes))
  const fill = (): void => {
    for (const [index, channel] of outgoing.entries()) {
      while (channel.messages.bytes < 40_000) scheduler.send(channel, messages[index]!)
    }
  }
  const run = (records: number): number[] => {
    sent.clear()
    for (let count = 0; count < records; count += 1) {
      fill()
      for (const { channel, bytes, isFinal } of framesOf(scheduler.nextRecord(32_750, true))) {
        sent.set(channel, (sent.get(channel) ?? 0) + bytes + (isFinal ? 64 : 0))
      }
    }
    return outgoing.map(({ id }) => sent.get(id) ?? 0)
  }
  return { scheduler, outgoing, run }
}

test('priorities share the line 16 to 4 to 1, whatever the sizes of their messages', () => {
  for (const sizes of [
    [100, 100, 100],
    [50, 90_000, 3000],
    [90_000, 50, 90_000],
  ] as const) {
    const { run } = busy(['interactive', sizes[0]], ['normal', sizes[1]], ['bulk', sizes[2]])
    run(10)
    const [interactive, normal, bulk] = run(200) as [number, number, number]
    assert.ok(interactive / bulk > 13 && interactive / bulk < 19, `${interactive} to ${bulk}`)
    assert.ok(normal / bulk > 3 && normal / bulk < 5, `${normal} to ${bulk}`)
  }
})

test('channels of one priority get the same, a hundred of another priority change nothing for the one', () => {
  const { run } = busy(
    ['normal', 90_000],
    ['normal', 700],
    ...Array.from({ length: 100 }, () => ['bulk', 5000] as const),
  )
  const [large, small, ...bulk] = run(1000) as [number, number, ...number[]]
  assert.ok(large / small > 0.9 && large / small < 1.1, `${large} to ${small}`)
  const all = bulk.reduce((sum, bytes) => sum + bytes, 0)
  assert.ok((large + small) / all > 2, `${large + small} to ${all}`)
  assert.ok(Math.max(...bulk) / Math.min(...bulk) < 1.5)
})

test('what becomes urgent waits for one frame of a bulk transfer, however long that had the line alone', () => {
  const { scheduler, run } = busy(['bulk', 90_000])
  run(100)
  const urgent = new OutgoingChannel(20, 'interactive', Infinity)
  scheduler.send(urgent, new Uint8Array(10))
  const [first, second] = framesOf(scheduler.nextRecord(32_750, true))
  assert.ok(first!.channel === 20 || (first!.bytes <= 16_384 && second!.channel === 20))
})

test('a bulk channel goes on after it was alone for long: it has no debt', () => {
  const { scheduler, outgoing, run } = busy(['bulk', 90_000], ['interactive', 90_000])
  const [bulk] = outgoing as [OutgoingChannel]
  scheduler.drop(outgoing[1]!)
  while (bulk.messages.bytes < 5_000_000) scheduler.send(bulk, new Uint8Array(90_000))
  while (bulk.messages.bytes > 100_000) scheduler.nextRecord(32_750, true)
  const [bytes] = run(30) as [number]
  assert.ok(bytes > 20_000, `${bytes}`)
})

test('a channel alone fills its records: one frame each, and many small messages share one', () => {
  const scheduler = new Scheduler()
  const channel = new OutgoingChannel(0, 'normal', Infinity)
  scheduler.send(channel, new Uint8Array(60_000))
  assert.deepEqual(framesOf(scheduler.nextRecord(32_750, true)), [{ channel: 0, bytes: 32_745, isFinal: false }])
  scheduler.nextRecord(32_750, true)
  for (let count = 0; count < 1000; count += 1) scheduler.send(channel, new Uint8Array(5))
  assert.equal(framesOf(scheduler.nextRecord(32_750, true)).length, 1000)
})

test('without credit nothing leaves; a message that has it but for its end leaves a byte to end with', () => {
  const scheduler = new Scheduler()
  const channel = new OutgoingChannel(16, 'normal', 0)
  scheduler.send(channel, new Uint8Array(100))
  assert.equal(scheduler.hasOutput(true), false)
  assert.equal(scheduler.nextRecord(1000, true), null)
  scheduler.addCredit(channel, 40)
  assert.deepEqual(framesOf(scheduler.nextRecord(1000, true)), [{ channel: 16, bytes: 40, isFinal: false }])
  scheduler.addCredit(channel, 100)
  assert.deepEqual(framesOf(scheduler.nextRecord(1000, true)), [{ channel: 16, bytes: 59, isFinal: false }])
  assert.equal(scheduler.nextRecord(1000, true), null)
  scheduler.addCredit(channel, 24)
  assert.deepEqual(framesOf(scheduler.nextRecord(1000, true)), [{ channel: 16, bytes: 1, isFinal: true }])
  assert.deepEqual([channel.credit, scheduler.bytes], [0, 0])
})

test('END follows the last message in the same record, or in the next if there is no room', () => {
  for (const [recordBytes, records] of [
    [1000, 1],
    [104, 2],
  ] as const) {
    const scheduler = new Scheduler()
    const channel = new OutgoingChannel(16, 'normal', Infinity)
    let hasLeft = false
    scheduler.send(channel, new Uint8Array(100))
    scheduler.end(channel, () => (hasLeft = true))
    const frames: Sent[] = []
    for (let count = 0; count < records; count += 1) {
      assert.equal(hasLeft, false)
      frames.push(...framesOf(scheduler.nextRecord(recordBytes, true)))
    }
    assert.equal(hasLeft, true)
    assert.deepEqual(
      frames.map(({ channel: id }) => id),
      [16, 2],
    )
  }
})

test('credits that have not left are one; without messages what is said about channels goes all the same', () => {
  const scheduler = new Scheduler()
  scheduler.send(new OutgoingChannel(0, 'normal', Infinity), new Uint8Array(9))
  scheduler.grant(16, 1000)
  scheduler.grant(16, 1000)
  const record = scheduler.nextRecord(1000, false)!
  assert.equal(Buffer.from(record).toString('hex'), '01' + '0209' + '0210d00f')
  assert.equal(scheduler.nextRecord(1000, false), null)
})
