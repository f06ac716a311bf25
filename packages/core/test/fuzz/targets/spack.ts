// Packets in both forms. An input is a compact packet, and what follows the hash of a classic one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { decode, encode, PacketStream, Spack, SpackError } from '@stalk/spack'
import type { Target } from '../target.js'
import { assertSameBytes, outcomeOf, pieces } from '../outcome.js'

const limits = { maxPacketBytes: 4096 }
const packets = [
  new Spack(),
  new Spack()
    .integer(-(2n ** 70n))
    .byte(255)
    .string('über'),
  new Spack().float32(1.5).float64(-0).float32s([1, 2]),
  new Spack().integers([1, -1, 300]).bytes(Uint8Array.of(0, 255)).float64s([Infinity, Number.NaN]),
  new Spack().string('').string('x'.repeat(200)),
]
// the compact form alone has them
const extended = [
  new Spack()
    .null()
    .boolean(true)
    .bigint(-(2n ** 70n))
    .date(981_173_106_007),
  new Spack().list(['é', [1, -0.5, [null]], Uint8Array.of(1), Float64Array.of(1)]).list(new Spack().byte(1).float32(2)),
  Spack.from({ a: 1, b: [{ c: 'd' }, {}], __proto__: null, e: new Date(-1) }),
]

export const spackTarget: Target = {
  name: 'spack',
  reads: 'packets, classic (whole and from a stream) and compact, extended types',
  seeds: [
    ...[...packets, ...extended].map((packet) => encode(packet, { form: 'compact' })),
    ...packets.map((packet) => encode(packet).subarray(32)),
  ],
  run(input) {
    const compact = outcomeOf(() => {
      const packet = decode(input, { form: 'compact', limits })
      assertSameBytes(packet, 'compact', input)
      assertSameValue(packet)
      return `${Math.min(packet.elements.length, 3)} elements`
    })
    return `${compact}; ${classic(input)}`
  },
}

/** That whatever arrives as one JSON-like value can be sent on as such, and is the same then. */
function assertSameValue(packet: Spack): void {
  if (packet.length !== 1) return
  const value = packet.toValue()
  assert.deepEqual(Spack.from(value).toValue(), value)
}

function classic(rest: Uint8Array): string {
  const hash = createHash('sha256').update(rest).digest()
  const bytes = new Uint8Array(Buffer.concat([hash, rest]))
  const whole = outcomeOf(() => {
    const packet = decode(bytes, { limits })
    assertSameBytes(packet, 'classic', bytes)
    return `${Math.min(packet.elements.length, 3)} elements`
  })
  const streamed = stream([bytes])
  assert.equal(stream(pieces(bytes)), streamed, 'the outcome depends on how the bytes were cut')
  assert.equal(streamed === '1 left 0', whole.endsWith('elements'), `decode: ${whole}, stream: ${streamed}`)
  return whole
}

function stream(chunks: readonly Uint8Array[]): string {
  const packets = new PacketStream({ limits })
  let count = 0
  try {
    for (const chunk of chunks) {
      packets.push(chunk)
      while (packets.next() !== null) count += 1
    }
  } catch (error) {
    if (!(error instanceof SpackError)) throw error
    return `${count} ${error.code}`
  }
  return `${count} left ${packets.bufferedBytes}`
}
