// spack as stalk/2 sends it (compact) and as stalk/1 does (classic), described by itself; and by schema, with the same bytes as the compact form.
import { decode, encode, Spack, type SpackForm } from '@stalk/spack'
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

function selfDescribing(name: string, form: SpackForm): Codec {
  return {
    name,
    coder(shape): Coder {
      const { pack, unpack } = handWritten(shape)
      return { encode: (value) => encode(pack(value), { form }), decode: (bytes) => unpack(decode(bytes, { form })) }
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
    return { encode: (value) => one.encode(value as never), decode: (packet) => one.decode(packet) }
  },
}

export const codecs = [selfDescribing('spack', 'compact'), selfDescribing('spack-classic', 'classic'), bySchema]
