import assert from 'node:assert/strict'
import test from 'node:test'
import { encode, PacketStream, Spack } from '@stalk/spack'
import { concat, fromHex, sealed } from './support/bytes.js'
import { chunkings, readChunks } from './support/chunked.js'
import { refusal } from './support/refusal.js'

const first = new Spack()
  .integer(1)
  .string('héllo')
  .bytes(Uint8Array.of(1, 2, 3))
const second = new Spack()
const third = new Spack().integers([1, 2, 3]).string('x'.repeat(80))
const packets = [first, second, third]

/** A packet of 2^40 bytes as far as its sizes say. */
const giant = concat(new Uint8Array(32), fromHex('808080808020'), fromHex('0000000000000000'))

test('packets come out whole and in order, however the stream is cut', () => {
  const bytes = concat(...packets.map((packet) => encode(packet)))
  for (const [name, chunks] of chunkings(bytes)) {
    assert.deepEqual(readChunks(chunks), { packets, left: 0 }, name)
  }
})

test('what is missing is null, never an error: one packet cut at every byte', () => {
  const bytes = encode(first)
  for (let end = 0; end < bytes.length; end += 1) {
    assert.deepEqual(readChunks([bytes.subarray(0, end)]), { packets: [], left: end })
  }
})

test('bufferedBytes is 0 at the end of a packet only', () => {
  const stream = new PacketStream()
  assert.equal(stream.bufferedBytes, 0)
  assert.equal(stream.next(), null)
  const bytes = concat(encode(first), encode(second))
  stream.push(bytes)
  assert.equal(stream.bufferedBytes, bytes.length)
  assert.deepEqual(stream.next(), first)
  assert.equal(stream.bufferedBytes, 34)
  assert.deepEqual(stream.next(), second)
  assert.equal(stream.bufferedBytes, 0)
  stream.push(bytes.subarray(0, 3))
  assert.equal(stream.next(), null)
  assert.equal(stream.bufferedBytes, 3)
})

test('several chunks may come before next is called', () => {
  const stream = new PacketStream()
  const bytes = concat(...packets.map((packet) => encode(packet)))
  for (const byte of bytes) stream.push(Uint8Array.of(byte))
  assert.deepEqual([stream.next(), stream.next(), stream.next(), stream.next()], [...packets, null])
})

test('a chunk may be reused once next has returned null, also a Buffer', () => {
  const bytes = encode(first)
  const stream = new PacketStream()
  const chunk = Buffer.from(bytes.subarray(0, 40))
  stream.push(chunk)
  assert.equal(stream.next(), null)
  chunk.fill(0xee)
  stream.push(bytes.subarray(40))
  assert.deepEqual(stream.next(), first)
})

test('packets that straddle chunks of every size come out, with bytes left of one and begun of the next', () => {
  const many = Array.from({ length: 40 }, (_, index) => new Spack().integer(index).bytes(new Uint8Array(index * 7)))
  const bytes = concat(...many.map((packet) => encode(packet)))
  for (let size = 1; size < 400; size += 13) {
    const chunks = []
    for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size))
    assert.deepEqual(readChunks(chunks), { packets: many, left: 0 }, `chunks of ${size}`)
  }
})

test('a packet of a mebibyte comes byte by byte', () => {
  const packet = new Spack().bytes(new Uint8Array(1 << 20))
  const bytes = encode(packet)
  const stream = new PacketStream()
  for (let index = 0; index < bytes.length; index += 1) {
    assert.ok(stream.next() === null)
    stream.push(bytes.subarray(index, index + 1))
  }
  assert.deepEqual(stream.next(), packet)
})

test('however small the chunks, each byte is copied a bounded number of times', (context) => {
  const packet = new Spack().bytes(new Uint8Array(1 << 14))
  const bytes = encode(packet)
  const stream = new PacketStream()
  let copied = 0
  const set = context.mock.method(Uint8Array.prototype, 'set', function (this: Uint8Array, from: Uint8Array, at = 0) {
    copied += from.length
    for (let index = 0; index < from.length; index += 1) this[at + index] = from[index]!
  })
  let result = null
  for (let index = 0; index < bytes.length; index += 1) {
    stream.push(bytes.subarray(index, index + 1))
    result = stream.next()
  }
  set.mock.restore()
  assert.deepEqual(result, packet)
  assert.ok(copied >= bytes.length && copied < 4 * bytes.length, `${copied} bytes were copied`)
})

test('memory follows the bytes received, not the size announced', (context) => {
  const stream = new PacketStream({ limits: { maxPacketBytes: Infinity } })
  let largest = 0
  context.mock.method(Uint8Array.prototype, 'set', function (this: Uint8Array, from: Uint8Array, at = 0) {
    largest = Math.max(largest, this.length)
    for (let index = 0; index < from.length; index += 1) this[at + index] = from[index]!
  })
  stream.push(giant)
  assert.equal(stream.next(), null)
  for (let count = 0; count < 100; count += 1) {
    stream.push(new Uint8Array(10))
    assert.equal(stream.next(), null)
  }
  assert.ok(largest > 0 && largest <= 2 * stream.bufferedBytes, `${largest} bytes for ${stream.bufferedBytes}`)
})

test('a few bytes of the next packet do not hold the buffer of a large one', (context) => {
  const bytes = encode(new Spack().bytes(new Uint8Array(100_000)))
  const stream = new PacketStream()
  stream.push(bytes.subarray(0, 50_000))
  assert.equal(stream.next(), null)
  stream.push(concat(bytes.subarray(50_000), Uint8Array.of(1, 2, 3)))
  assert.equal(stream.next()?.length, 1)
  const set = context.mock.method(Uint8Array.prototype, 'set')
  assert.equal(stream.next(), null)
  assert.deepEqual(
    set.mock.calls.map((call) => (call.this as Uint8Array).length),
    [3],
  )
})

test('a size of 2^40 is refused as soon as it is read: nothing of the body is taken', () => {
  const stream = new PacketStream()
  let given = 0
  assert.throws(
    () => {
      for (const byte of giant) {
        stream.push(Uint8Array.of(byte))
        given += 1
        assert.equal(stream.next(), null)
      }
    },
    refusal('SPACK_PACKET_TOO_LARGE', 'the types size at packet byte 32, 1099511627776, exceeds'),
  )
  assert.equal(given, 38)
  assert.equal(stream.bufferedBytes, 0)
})

test('a size that does not end is refused after 7 bytes, a negative or padded one where it ends', () => {
  const endless = concat(new Uint8Array(32), new Uint8Array(7).fill(0xff))
  assert.equal(new PacketStream().next(), null)
  for (const [name, chunks] of chunkings(endless)) {
    assert.throws(() => readChunks(chunks), refusal('SPACK_PACKET_TOO_LARGE', 'goes on after 7 bytes'), name)
  }
  assert.deepEqual(readChunks([endless.subarray(0, 38)]), { packets: [], left: 38 })
  for (const [content, code] of [
    ['7f', 'SPACK_NEGATIVE_SIZE'],
    ['00 7f', 'SPACK_NEGATIVE_SIZE'],
    ['8100', 'SPACK_NONCANONICAL'],
    ['00 8100', 'SPACK_NONCANONICAL'],
  ] as const) {
    for (const [name, chunks] of chunkings(sealed(content))) {
      assert.throws(() => readChunks(chunks), refusal(code), name)
    }
  }
})

test('types and data that are within the limit each and not together are refused with the sizes', () => {
  const sizes = concat(new Uint8Array(32), fromHex('20 20'))
  assert.throws(
    () => readChunks([sizes], { limits: { maxPacketBytes: 97 } }),
    refusal('SPACK_PACKET_TOO_LARGE', '98 bytes exceeds the limit of 97'),
  )
  assert.deepEqual(readChunks([sizes], { limits: { maxPacketBytes: 98 } }), { packets: [], left: 34 })
})

test('limits change between packets, also when bytes of the next one have come', () => {
  const [small, large] = [encode(second), encode(third)]
  for (let cut = 0; cut <= large.length; cut += 1) {
    const stream = new PacketStream({ limits: { maxPacketBytes: 40 } })
    stream.push(concat(small, large.subarray(0, cut)))
    assert.deepEqual(stream.next(), second)
    stream.limits = { maxPacketBytes: large.length, maxElements: 2 }
    assert.equal(stream.limits.maxPacketBytes, large.length)
    assert.equal(stream.limits.maxArrayLength, 4_194_304)
    stream.push(large.subarray(cut))
    assert.deepEqual(stream.next(), third, `cut at ${cut}`)
  }
})

test('new limits hold for a packet whose sizes had been read under the old ones', () => {
  const stream = new PacketStream()
  const bytes = encode(third)
  stream.push(bytes.subarray(0, 40))
  assert.equal(stream.next(), null)
  stream.limits = { maxPacketBytes: 40 }
  assert.throws(() => stream.next(), refusal('SPACK_PACKET_TOO_LARGE'))
})

test('wrong limits are refused and leave the old ones', () => {
  assert.throws(() => new PacketStream({ limits: { maxElements: -1 } }), RangeError)
  const stream = new PacketStream({ limits: { maxElements: 3 } })
  assert.throws(() => {
    stream.limits = { maxElements: -1 }
  }, RangeError)
  assert.equal(stream.limits.maxElements, 3)
})

test('a failure poisons the stream: push and next throw the same error, and nothing is held', () => {
  const stream = new PacketStream()
  const bytes = encode(first)
  bytes[0]! ^= 1
  stream.push(concat(bytes, encode(second)))
  let failure: unknown
  assert.throws(
    () => stream.next(),
    (error) => {
      failure = error
      return refusal('SPACK_HASH_MISMATCH')(error)
    },
  )
  for (const call of [
    () => stream.next(),
    () => {
      stream.push(encode(second))
    },
  ]) {
    assert.throws(call, (error) => error === failure)
  }
  assert.equal(stream.bufferedBytes, 0)
})

test('a packet before the bad one comes out first', () => {
  const stream = new PacketStream()
  stream.push(concat(encode(first), sealed('01 00 ff')))
  assert.deepEqual(stream.next(), first)
  assert.throws(() => stream.next(), refusal('SPACK_UNKNOWN_TYPE'))
})

test('pushing something else than bytes is a TypeError and no failure of the stream', () => {
  const stream = new PacketStream()
  assert.throws(() => {
    stream.push('abc' as unknown as Uint8Array)
  }, TypeError)
  stream.push(encode(first))
  assert.deepEqual(stream.next(), first)
})
