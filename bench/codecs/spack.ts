// spack as stalk/2 sends it (compact) and as stalk/1 does (classic), described by itself; and by schema, with the same bytes as the compact form.
import { decode, decodeFrom, encode, encodeInto, Spack, type SpackForm } from '@stalk/spack'
import { bytes, float64, float64Array, integer, integerArray, schema, string, type Kind } from '@stalk/spack/schema'
import type { Codec, Coder } from './codec.js'
import type { FieldType, Shape, Value } from './subjects.js'

const methods: Readonly<Record<FieldType, string>> = {
  integer: 'integer',
  float64: 'float64',
  string: 'string',
  bytes: 'bytes',
  integers: 'integers',
  float64s: 'float64s',
}

/** The two functions that a programmer would write for a shape: `new Spack().integer(value.seq) …` and `{ seq: values[0], … }`. */
function handWritten(shape: Shape): { pack(value: Value): Spack; unpack(spack: Spack): Value } {
  const fields = Object.entries(shape)
  const calls = fields.map(([name, type]) => `.${methods[type]}(value.${name})`).join('')
  const parts = fields.map(([name], index) => `${name}: values[${index}]`).join(', ')
  return {
    pack: new Function('Spack', `return (value) => new Spack()${calls}`)(Spack) as (value: Value) => Spack,
    unpack: new Function(`return (spack) => { const values = spack.values(); return { ${parts} } }`)() as (
      spack: Spack,
    ) => Value,
  }
}

/** As other codecs do it: what was encoded is valid until the next one, and bytes that were decoded are views. */
const memory = new Uint8Array(1024 * 1024)

function written(end: number | Uint8Array): Uint8Array {
  return typeof end === 'number' ? memory.subarray(0, end) : end
}

function selfDescribing(name: string, form: SpackForm): Codec {
  return {
    name,
    coder(shape): Coder {
      const { pack, unpack } = handWritten(shape)
      if (form === 'classic') {
        return { encode: (value) => encode(pack(value), { form }), decode: (bytes) => unpack(decode(bytes, { form })) }
      }
      return {
        encode: (value) => written(encodeInto(pack(value), memory, 0)),
        decode: (bytes) => unpack(decodeFrom(bytes, 0, bytes.length, { copy: false })),
      }
    },
  }
}

const kinds: Readonly<Record<FieldType, Kind<unknown>>> = {
  integer,
  float64,
  string,
  bytes,
  integers: integerArray,
  float64s: float64Array,
}

const bySchema: Codec = {
  name: 'spack-schema',
  coder(shape) {
    const fields = Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, kinds[type]]))
    const one = schema(fields)
    return {
      encode: (value) => written(one.encodeInto(value as never, memory, 0)),
      decode: (packet) => one.decodeFrom(packet, 0, packet.length, false),
    }
  },
}

export const codecs = [selfDescribing('spack', 'compact'), selfDescribing('spack-classic', 'classic'), bySchema]
