import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreditPool, ReceiveWindow } from '#src/stalk2/receive-window.js'
import { code } from '../support/errors.js'

const sizes = { creditBytes: 1000, windowBytes: 4000 }

function windows(maxBytes: number, count: number) {
  const pool = new CreditPool(maxBytes, 500)
  const grants: number[] = Array.from({ length: count }, () => 0)
  const all = grants.map(
    (_, index) => new ReceiveWindow(pool, sizes, (bytes) => (grants[index] = (grants[index] ?? 0) + bytes)),
  )
  /** What was granted since the last time. */
  const granted = (): number[] => grants.splice(0, count, ...grants.map(() => 0))
  return { pool, all, granted }
}

test('a channel begins with its credit; in use it has its window, granted by halves', () => {
  const { pool, all, granted } = windows(10_000, 1)
  const [window] = all as [ReceiveWindow]
  window.update(false)
  assert.deepEqual(granted(), [0])
  window.receive(500)
  window.update(true)
  assert.deepEqual(granted(), [3000])
  assert.equal(window.credit, 3500)
  window.receive(3500)
  window.update(true)
  // nothing was read: nothing more may come
  assert.deepEqual(granted(), [0])
  assert.throws(() => window.receive(1), code('CHANNEL_CREDIT_EXCEEDED'))
  window.consume(1999)
  window.update(true)
  assert.deepEqual(granted(), [0])
  window.consume(1)
  window.update(true)
  assert.deepEqual(granted(), [2000])
  assert.equal(pool.usedBytes, 3000)
  window.close()
  assert.equal(pool.usedBytes, 1000)
  window.consume(2000)
  window.update(false)
  assert.deepEqual([pool.usedBytes, ...granted()], [0, 0])
})

test('a message that is larger than the window gets through, and takes from the pool until it is read', () => {
  const { pool, all, granted } = windows(20_000, 1)
  const [window] = all as [ReceiveWindow]
  let sent = 0
  while (sent < 15_000) {
    const { credit } = window
    window.receive(credit)
    sent += credit
    window.update(sent >= 15_000)
  }
  assert.ok(pool.usedBytes <= 20_000)
  assert.ok(granted()[0]! > 10_000)
  window.consume(sent)
  window.update(false)
  assert.equal(pool.usedBytes, 3000)
})

test('the pool is used up: each channel goes on with its first credit, and one message at a time with more', () => {
  const { pool, all, granted } = windows(3000, 3)
  const [slow, one, other] = all as [ReceiveWindow, ReceiveWindow, ReceiveWindow]
  slow.receive(500)
  slow.update(true)
  assert.deepEqual(granted(), [3000, 0, 0])
  // small messages, read at once, need nothing of it
  for (let count = 0; count < 10; count += 1) {
    one.receive(600)
    one.consume(600)
    one.update(false)
  }
  assert.ok(one.credit >= 400 && pool.usedBytes === 3000)
  // two messages that go on: the first is let through, the other waits for it
  one.receive(one.credit)
  one.update(false)
  other.receive(1000)
  other.update(false)
  granted()
  assert.ok(one.credit > 0)
  assert.deepEqual([other.credit], [0])
  one.receive(one.credit)
  one.update(true)
  assert.deepEqual([other.credit], [0])
  one.consume(3000 - 1000)
  one.update(false)
  assert.ok(other.credit > 0, 'the other’s turn')
})

test('a window that is closed lets those that wait go on', () => {
  const { all } = windows(3000, 3)
  const [slow, one, other] = all as [ReceiveWindow, ReceiveWindow, ReceiveWindow]
  slow.receive(500)
  slow.update(true)
  for (const window of [one, other]) {
    window.receive(1000)
    window.update(false)
  }
  assert.deepEqual([other.credit], [0])
  slow.consume(500)
  slow.close()
  assert.ok(other.credit > 0)
})
