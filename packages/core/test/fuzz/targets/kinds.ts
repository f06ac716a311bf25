// Kinds from descriptions. An input is the JSON of a canonical form.
import assert from 'node:assert/strict'
import { encode, Spack } from '@stalk/spack'
import * as kinds from '@stalk/spack/schema'
import type { Target } from '../target.js'
import { outcomeOf } from '../outcome.js'

const { bigint, boolean, byte, bytes, date, enumeration, float32, float64, integer, list, map, nothing } = kinds
const { nullable, optional, schema, string, struct, union, kindOf } = kinds

const examples: readonly kinds.Kind<unknown>[] = [
  struct({ a: integer, b: list(string), c: optional(map(float64)) }),
  union({ left: byte, right: struct({ x: nullable(boolean), y: optional(date) }) }),
  enumeration('red', 'green', 'é'),
  list(list(struct({ __proto: bytes, then: date }))),
  struct({ a: kinds.integerArray, b: kinds.float32Array, c: kinds.float64Array, d: bigint, e: float32, f: nothing }),
]

/** What the kinds are to read; most do not. */
const packets = [
  new Spack().list([1, ['a'], { k: 1.5 }]),
  new Spack().list(['left', 5]),
  new Spack().string('red'),
  new Spack().list([[[new Uint8Array(2), new Date(1)]]]),
  new Spack().null(),
].map((packet) => encode(packet, { form: 'compact' }))

const names = ['list', 'map', 'nullable', 'enumeration', 'union', 'struct', 'optional', 'integer', 'string', 'any']

export const kindsTarget: Target = {
  name: 'kinds',
  reads: 'kinds from their canonical form, and packets by them',
  seeds: examples.map(({ form }) => utf8(JSON.stringify(form))),
  dictionary: [...names.map((name) => `"${name}"`), '["list",', '["a","integer"]', '[[', ']]', '"__proto__"'].map(utf8),
  run(input) {
    const form = parse(input)
    if (form === undefined) return 'no JSON'
    const outcome = outcomeOf(() => {
      const kind = kindOf(form)
      assert.deepEqual(kind.form, form)
      const reader = schema({ value: kind })
      const outcomes = packets.map((packet) => outcomeOf(() => readWith(reader, packet)).split(' ', 1)[0])
      return [...new Set(outcomes)].sort().join(' ')
    })
    // messages have words of the input
    return outcome.startsWith('SPACK_FORM_INVALID') ? 'SPACK_FORM_INVALID' : outcome
  },
}

function readWith<T>(reader: kinds.Schema<T>, packet: Uint8Array): string {
  const value = reader.decode(packet)
  assert.deepEqual(reader.decode(reader.encode(value)), value)
  return 'read'
}

function parse(input: Uint8Array): kinds.KindForm | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(input)) as kinds.KindForm
  } catch {
    return undefined
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
