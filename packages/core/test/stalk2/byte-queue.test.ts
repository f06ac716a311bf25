import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteQueue } from '#src/stalk2/byte-queue.js'

const step = fc.oneof(
  fc.record({ do: fc.constant('push' as const), count: fc.constantFrom(1, 7, 100, 4095, 4096, 9000, 65_536) }),
  fc.record({ do: fc.constantFrom('take' as const, 'at' as const), count: fc.nat(70_000) }),
  fc.record({ do: fc.constantFrom('peek' as const, 'clear' as const), count: fc.constant(0) }),
)

test('chunks of any size come out as one row of bytes, in portions of any size', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ByteQueue()
      let expected: number[] = []
      let next = 0
      for (const { do: what, count } of steps) {
        if (what === 'push') {
          const chunk = Uint8Array.from({ length: count }, (_, index) => next + index * 7)
          next += 1
          queue.push(chunk)
          expected = expected.concat(Array.from(chunk))
        } else if (what === 'take' && count <= expected.length) {
          assert.deepEqual(Array.from(queue.take(count)), expected.slice(0, count))
          expected = expected.slice(count)
        } else if (what === 'take') assert.throws(() => queue.take(count), RangeError)
        else if (what === 'at' && count < expected.length) assert.equal(queue.byteAt(count), expected[count])
        else if (what === 'at') assert.throws(() => queue.byteAt(count), RangeError)
        else if (what === 'peek') assert.deepEqual(Array.from(queue.peek()), expected)
        else {
          queue.clear()
          expected = []
        }
        assert.equal(queue.length, expected.length)
      }
    }),
    { numRuns: 150 },
  )
})

test('many tiny chunks take about as much memory as their bytes, and a chunk that others wrote to is not changed', () => {
  const queue = new ByteQueue()
  const first = new Uint8Array(10).fill(1)
  queue.push(first)
  const second = new Uint8Array(5000).fill(2)
  queue.push(second)
  for (let count = 0; count < 10_000; count += 1) queue.push(Uint8Array.of(3))
  assert.equal(queue.length, 15_010)
  assert.ok(queue.peek().buffer.byteLength <= 4 * 15_010)
  assert.ok(first.every((byte) => byte === 1) && second.every((byte) => byte === 2))
})
