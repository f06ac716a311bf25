import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, defaultSpackLimits, encode, PacketPool, Spack } from '#src/index.js'

const packets = Array.from({ length: 500 }, (_, index) =>
  new Spack()
    .integer(index)
    .string('x'.repeat(index % 50))
    .bytes(new Uint8Array((index * 37) % 3000).fill(index)),
)

test('packets of a pool are the same bytes as those that have their own memory, and none is written over another', () => {
  const pool = new PacketPool()
  const encoded = packets.map((packet) => encode(packet, { form: 'compact', pool }))
  encoded.forEach((bytes, index) => assert.deepEqual(bytes, encode(packets[index]!, { form: 'compact' })))
})

test('small packets share memory, of 16 KiB at most; large ones have their own; without a pool each has', () => {
  const pool = new PacketPool()
  const sizes = packets.map((packet) => {
    const bytes = encode(packet, { form: 'compact', pool })
    assert.ok(bytes.length <= 2048 || bytes.buffer.byteLength === bytes.length)
    assert.equal(encode(packet, { form: 'compact' }).buffer.byteLength, bytes.length)
    return bytes.length <= 2048 ? bytes.buffer.byteLength : 0
  })
  assert.equal(Math.max(...sizes), 16 * 1024)
  assert.equal(
    sizes.find((size) => size > 0),
    1024,
  )
})

test('reuse gives the same memory again; release lets go of it', () => {
  const pool = new PacketPool()
  const first = pool.take(100)
  pool.reuse()
  assert.deepEqual([pool.take(100).buffer === first.buffer, pool.take(100).byteOffset], [true, 100])
  pool.release()
  pool.release()
  assert.notEqual(pool.take(100).buffer, first.buffer)
})

test('limits that are frozen are checked once, and hold; others are looked at every time', () => {
  const packet = new Spack().string('four')
  const frozen = Object.freeze({ maxStringBytes: 3 })
  for (let count = 0; count < 2; count += 1) {
    assert.throws(() => encode(packet, { form: 'compact', limits: frozen }), { code: 'SPACK_STRING_TOO_LONG' })
    assert.throws(() => encode(packet, { limits: Object.freeze({ maxStrings: 3 } as object) }), RangeError)
  }
  const changing = { ...defaultSpackLimits, maxStringBytes: 3 }
  assert.throws(() => encode(packet, { form: 'compact', limits: changing }), { code: 'SPACK_STRING_TOO_LONG' })
  changing.maxStringBytes = 4
  assert.equal(decode(encode(packet, { form: 'compact', limits: changing }), { form: 'compact' }).length, 1)
})
