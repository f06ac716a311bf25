// Compact packets read with schemas.
import assert from 'node:assert/strict'
import { decode, encode, Spack } from '@stalk/spack'
import * as kinds from '@stalk/spack/schema'
import type { Target } from '../target.js'
import { outcomeOf } from '../outcome.js'

const { integer, list, map, optional, schema, string, struct, union } = kinds
const options = { limits: { maxPacketBytes: 4096 } }

/** Between them they have every kind. */
const readers = [
  reader(schema({ a: integer, b: kinds.byte, c: optional(string) }, options)),
  reader(schema({ a: kinds.float32, b: kinds.float64, c: kinds.float32Array, d: kinds.float64Array }, options)),
  reader(schema({ a: list(string), b: map(struct({ x: integer, y: optional(string) })) }, options)),
  reader(schema({ a: union({ a: kinds.date, b: kinds.bigint, c: kinds.nothing }), b: kinds.integerArray }, options)),
  reader(
    schema({ a: kinds.any, b: kinds.nullable(kinds.boolean), c: kinds.enumeration('x', 'y'), d: kinds.bytes }, options),
  ),
]
const packets = [
  new Spack().integer(1).byte(2).string('é').null().list([]),
  new Spack().float32(1).float64(Number.NaN).float32s([1]).float64s([]),
  new Spack().list(['a', 'é']).map({ k: [1, 'y'], __proto: [2], l: [3, null, []] }),
  new Spack().list(['a', new Date(5)]).integers([1, 300, -1]),
  new Spack().list(new Spack().string('b').integer(-(2n ** 70n))).integers([]),
  new Spack()
    .map({ a: [null, 1.5] })
    .null()
    .string('x')
    .bytes(new Uint8Array(70)),
]

export const schemaTarget: Target = {
  name: 'schema',
  reads: 'compact packets by schemas of every kind',
  seeds: packets.map((packet) => encode(packet, { form: 'compact' })),
  run(input) {
    // which codes there were, or that some schema read it: one outcome for each of all combinations would be too many
    const outcomes = readers.map((read) => outcomeOf(() => read(input)).split(' ', 1)[0])
    return [...new Set(outcomes)].sort().join(' ')
  },
}

/** What a schema reads is a packet without it too, and is written alike again. */
function reader<T>(one: kinds.Schema<T>): (input: Uint8Array) => string {
  return (input) => {
    const bytes = Buffer.from(one.encode(one.decode(input)))
    const spack = decode(input, { form: 'compact', ...options })
    assert.deepEqual(Buffer.from(one.encode(one.fromSpack(spack))), bytes)
    assert.deepEqual(Buffer.from(one.encode(one.decode(bytes))), bytes)
    return 'read'
  }
}
