import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MessageAssembler, FrameReader } from '#src/stalk2/frames.js'
import { MessageQueue } from '#src/stalk2/message-queue.js'
import { hex } from '../support/vectors.js'

const all = { maxFrames: 4096, messageCost: 64, maxCost: Infinity, wholeWithin: Infinity, lastAt: Infinity }

/** A message that can be told from others. */
function numbered(number: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => number * 31 + index)
}

/** Writes a message in place. */
function write(queue: MessageQueue, message: Uint8Array): void {
  const memory = queue.reserve()
  assert.ok(memory)
  if (queue.reservedAt + message.length > memory.length) {
    queue.release()
    queue.push(message)
    return
  }
  memory.set(message, queue.reservedAt)
  queue.commit(queue.reservedAt + message.length)
}

/** The messages in frames, which are all of one channel and whole. */
function messagesIn(frames: Uint8Array, channel: number): Uint8Array[] {
  const messages: Uint8Array[] = []
  const reader = new FrameReader(frames)
  for (let frame = reader.next(() => true); frame !== null; frame = reader.next(() => true)) {
    assert.deepEqual([frame.channel, frame.isFinal], [channel, true])
    messages.push(frame.bytes.slice())
  }
  return messages
}

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 200 }) },
  fc.constantFrom(63, 64, 4096, 4097, 8191, 8192, 20_000),
)
const operation = fc.oneof(
  fc.record({ do: fc.constant('push' as const), size: sizes }),
  fc.record({ do: fc.constant('write' as const), size: sizes }),
  fc.record({ do: fc.constant('frames' as const), maxBytes: fc.integer({ min: 1, max: 70_000 }), cost: fc.nat(9000) }),
  fc.record({ do: fc.constant('part' as const), count: fc.integer({ min: 1, max: 9000 }) }),
)

test('whatever is added and taken, by two queues that share memory: each message once, whole and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), operation), { maxLength: 300 }), (operations) => {
      const queues = [0, 300].map((channel) => ({
        channel,
        queue: new MessageQueue(channel),
        waiting: [] as Uint8Array[],
        taken: 0,
      }))
      let number = 0
      for (const [index, step] of operations) {
        const side = queues[index]!
        const { queue, waiting, channel } = side
        if (step.do === 'push' || step.do === 'write') {
          const message = numbered(number, step.size)
          number += 1
          if (step.do === 'push') queue.push(message)
          else write(queue, message)
          waiting.push(message)
        } else if (step.do === 'frames') {
          const taken = queue.takeFrames({ ...all, maxBytes: step.maxBytes, maxCost: step.cost })
          const messages = taken === null ? [] : messagesIn(taken.frames, channel)
          assert.equal(taken?.count ?? 0, messages.length)
          assert.ok((taken?.frames.length ?? 0) <= step.maxBytes)
          for (const message of messages) assert.equal(hex(message), hex(waiting.shift()!))
          const bytes = messages.reduce((sum, { length }) => sum + length, 0)
          assert.equal(taken?.messageBytes ?? 0, bytes)
          assert.ok(bytes + 64 * messages.length <= step.cost)
          side.taken += messages.length
        } else if (waiting.length > 0) {
          const count = Math.min(step.count, queue.left)
          const [first] = waiting as [Uint8Array]
          assert.equal(hex(queue.take(count)), hex(first.subarray(0, count)))
          if (count === first.length) {
            waiting.shift()
            side.taken += 1
          } else waiting[0] = first.subarray(count)
        }
        assert.equal(queue.left, waiting[0]?.length ?? 0)
        assert.equal(queue.count, waiting.length)
        assert.equal(queue.taken, side.taken)
        assert.equal(
          queue.bytes,
          waiting.reduce((sum, { length }) => sum + length, 0),
        )
      }
      for (const { queue, waiting } of queues) {
        while (queue.left > 0) {
          const part = queue.take(queue.left)
          assert.equal(hex(part), hex(waiting.shift()!))
        }
        assert.deepEqual([queue.count, queue.bytes, waiting.length], [0, 0, 0])
      }
    }),
    { numRuns: 500 },
  )
})

test('messages that are added while one is being written come before it, whatever becomes of the others', () => {
  for (const meanwhile of ['nothing', 'taken', 'cleared', 'given up'] as const) {
    const queue = new MessageQueue(0)
    queue.push(numbered(1, 10))
    const memory = queue.reserve()!
    const at = queue.reservedAt
    memory.set(numbered(2, 20), at)
    assert.equal(queue.reserve(), null)
    queue.push(numbered(3, 30))
    queue.push(numbered(4, 5000))
    const expected = [numbered(1, 10), numbered(3, 30), numbered(4, 5000)]
    if (meanwhile === 'taken') while (queue.left > 0) assert.equal(hex(queue.take(queue.left)), hex(expected.shift()!))
    if (meanwhile === 'cleared') {
      queue.clear()
      expected.length = 0
    }
    // another queue that needs memory now does not get this one
    const other = new MessageQueue(0)
    other.push(numbered(9, 300))
    assert.equal(hex(memory.subarray(at, at + 20)), hex(numbered(2, 20)))
    if (meanwhile === 'given up') queue.release()
    else {
      queue.commit(at + 20)
      expected.push(numbered(2, 20))
    }
    queue.push(numbered(5, 7))
    expected.push(numbered(5, 7))
    while (queue.left > 0) assert.equal(hex(queue.take(queue.left)), hex(expected.shift()!))
    assert.equal(expected.length, 0)
    assert.equal(hex(other.take(300)), hex(numbered(9, 300)))
  }
})

test('a message without bytes, or that ends where it cannot, is a RangeError', () => {
  const queue = new MessageQueue(0)
  assert.throws(() => queue.push(new Uint8Array()), RangeError)
  assert.throws(() => queue.commit(5), RangeError)
  for (const length of [0, -1, Number.NaN, 1e6]) {
    queue.reserve()
    assert.throws(() => queue.commit(queue.reservedAt + length), RangeError)
    queue.release()
  }
  assert.equal(queue.count, 0)
})

test('runs of whole messages are what the frames say one by one, up to what is something else', () => {
  const frame = fc.record({
    channel: fc.constantFrom(0, 0, 0, 1, 20),
    length: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.constant(9000)),
    isFinal: fc.boolean(),
    isLonger: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 30 }),
      fc.nat(3),
      fc.integer({ min: 1, max: 9001 }),
      (frames, cut, most) => {
        const bytes = frames.flatMap(({ channel, length, isFinal, isLonger }) => {
          const number = 2 * length + (isFinal ? 1 : 0)
          const low = number < 128 && !isLonger ? [number] : number < 16_384 ? [(number & 127) | 128, number >> 7] : []
          const all = low.length > 0 ? low : [(number & 127) | 128, ((number >> 7) & 127) | 128, number >> 14]
          return [channel, ...all, ...new Uint8Array(length).fill(length)]
        })
        const body = Uint8Array.from(bytes.slice(0, bytes.length - cut))
        const read = (withRuns: boolean): string[] => {
          const told: string[] = []
          const reader = new FrameReader(body)
          try {
            for (;;) {
              const run = withRuns ? reader.messages(0, most) : null
              if (run !== null) {
                const { left, bytesLeft } = run
                const lengths: number[] = []
                for (const copy = run.copy(); copy.next();) lengths.push(copy.view().length)
                while (run.next()) told.push(`0 ${hex(run.view())} true`)
                assert.deepEqual([lengths.length, lengths.reduce((sum, length) => sum + length)], [left, bytesLeft])
                assert.ok(lengths.every((length) => length <= most))
                continue
              }
              const next = reader.next(() => true)
              if (next === null) return told
              told.push(`${next.channel} ${hex(next.bytes)} ${next.isFinal}`)
            }
          } catch (error) {
            return [...told, (error as Error).message]
          }
        }
        assert.deepEqual(read(true), read(false))
      },
    ),
    { numRuns: 500 },
  )
})

test('a large message is put together from frames of any size, and shares no memory with small parts of large records', () => {
  const record = (length: number, of = length): Uint8Array => new Uint8Array(of).fill(length).subarray(0, length)
  for (const lengths of [
    [5000, 5000],
    [10, 5000, 10],
    [4095, 4096, 1],
    [5000, 0],
  ]) {
    const assembler = new MessageAssembler(20_000)
    lengths.forEach((length, index) => {
      const isFinal = index === lengths.length - 1
      const message = assembler.add({ channel: 0, bytes: record(length), isFinal })
      assert.equal(message?.length ?? null, isFinal ? lengths.reduce((sum, each) => sum + each) : null)
      if (message !== null) assert.equal(hex(message), lengths.map((each) => hex(record(each))).join(''))
    })
  }
  const assembler = new MessageAssembler(20_000)
  const large = record(5000, 60_000)
  assembler.add({ channel: 0, bytes: large, isFinal: false })
  large.fill(0)
  assert.equal(assembler.add({ channel: 0, bytes: record(1), isFinal: true })![0], 5000 & 255)
})
