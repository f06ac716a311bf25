import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteQueue } from '#src/stalk2/byte-queue.js'
import { frameHandshakeMessage, readHandshakeMessage } from '#src/stalk2/handshake-message.js'
import {
  encodePreamble,
  encodePrologue,
  encodeRefusal,
  encodeRetry,
  readPreamble,
  readReply,
} from '#src/stalk2/preamble.js'
import { code } from '../support/errors.js'
import { bytes, hex } from '../support/vectors.js'

function queued(...chunks: Uint8Array[]): ByteQueue {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(chunk)
  return queue
}

test('a byte queue gives what came in, in any portions, and nothing that is not there', () => {
  const queue = queued(bytes('0102'), bytes('03'), bytes('0405'), bytes(''))
  assert.equal(queue.length, 5)
  assert.equal(queue.byteAt(4), 5)
  assert.equal(queue.uint16At(1), 0x0203)
  assert.equal(hex(queue.peek()), '0102030405')
  assert.throws(() => queue.byteAt(5), RangeError)
  assert.throws(() => queue.take(6), RangeError)
  assert.equal(hex(queue.take(2)), '0102')
  queue.push(bytes('06'))
  assert.equal(hex(queue.take(4)), '03040506')
  assert.equal(queue.length, 0)
})

test('a preamble is read whole, byte by byte and with bytes after it; flags and unknown suites pass', () => {
  const preamble = encodePreamble([0x0101, 1, 0xfafa], 0x5a)
  assert.equal(hex(preamble), '7374616c6b2f320a5a0301010001fafa')
  const queue = new ByteQueue()
  for (const byte of preamble.subarray(0, -1)) {
    queue.push(Uint8Array.of(byte))
    assert.equal(readPreamble(queue), null)
  }
  queue.push(Uint8Array.of(0xfa, 9))
  assert.deepEqual(readPreamble(queue), { bytes: preamble, suiteIds: [0x0101, 1, 0xfafa] })
  assert.equal(queue.length, 1)
})

test('a preamble with no suite, 17, or one twice is STALK2_PREAMBLE_INVALID; 16 are read', () => {
  const magic = '7374616c6b2f320a00'
  for (const rest of ['00', '11', '0200010001']) {
    assert.throws(() => readPreamble(queued(bytes(magic + rest))), code('STALK2_PREAMBLE_INVALID'))
  }
  const sixteen = Array.from({ length: 16 }, (_, index) => index)
  assert.equal(readPreamble(queued(encodePreamble(sixteen)))?.suiteIds.length, 16)
  for (const wrong of [[], [...sixteen, 16], [1, 1], [65_536]]) assert.throws(() => encodePreamble(wrong), RangeError)
})

test('the first byte that is not of the magic is FOREIGN_PROTOCOL', () => {
  for (let at = 0; at < 8; at += 1) {
    const preamble = encodePreamble([1])
    preamble[at]! ^= 1
    assert.throws(() => readPreamble(queued(preamble.subarray(0, at + 1))), code('FOREIGN_PROTOCOL'))
  }
})

test('replies are read whole and byte by byte; any other first byte is FOREIGN_PROTOCOL', () => {
  assert.deepEqual(readReply(queued(Uint8Array.of(1, 7))), { type: 'accepted' })
  assert.deepEqual(readReply(queued(encodeRetry(0x0102))), { type: 'retry', suiteId: 0x0102 })
  assert.deepEqual(readReply(queued(encodeRefusal(2))), { type: 'refused', code: 2 })
  assert.equal(readReply(queued()), null)
  assert.equal(readReply(queued(Uint8Array.of(2, 0))), null)
  for (let byte = 3; byte < 256; byte += 1) {
    assert.throws(() => readReply(queued(Uint8Array.of(byte))), code('FOREIGN_PROTOCOL'))
  }
})

test('the prologue has every part with its length, the retry only if there was one', () => {
  const preamble = encodePreamble([1, 2])
  assert.equal(hex(encodePrologue(preamble, null)), `7374616c6b2f32000000000e${hex(preamble)}`)
  const retry = { firstMessage: bytes('0001aa'), suiteId: 2 }
  assert.ok(hex(encodePrologue(preamble, retry)).endsWith('000000030001aa00000003020002'))
})

test('a handshake message is read whole and byte by byte; a longer one is refused before it is there', () => {
  const framed = frameHandshakeMessage(bytes('aabbcc'))
  for (let cut = 0; cut < framed.length; cut += 1) {
    assert.equal(readHandshakeMessage(queued(framed.subarray(0, cut)), 3, 'B'), null)
  }
  const queue = queued(framed, bytes('dd'))
  assert.equal(hex(readHandshakeMessage(queue, 3, 'B')!), 'aabbcc')
  assert.equal(queue.length, 1)
  assert.throws(() => readHandshakeMessage(queued(bytes('0004')), 3, 'B'), code('STALK2_HANDSHAKE_LENGTH'))
  assert.throws(() => frameHandshakeMessage(new Uint8Array(65_536)), RangeError)
})
