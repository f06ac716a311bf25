// Avro, by schema.
import avro from 'avsc'
import { plainArrays, type Codec } from './codec.js'
import type { FieldType } from './subjects.js'

const types: Readonly<Record<FieldType, avro.Schema>> = {
  integer: 'long',
  float64: 'double',
  string: 'string',
  bytes: 'bytes',
  integers: { type: 'array', items: 'long' },
  float64s: { type: 'array', items: 'double' },
}

export const codecs: readonly Codec[] = [
  {
    name: 'avsc',
    adapt: plainArrays,
    coder(shape) {
      const fields = Object.entries(shape).map(([name, type]) => ({ name, type: types[type] }))
      const record = avro.Type.forSchema({ type: 'record', name: 'Subject', fields })
      return {
        encode: (value) => record.toBuffer(value),
        decode: (bytes) => record.fromBuffer(bytes as Buffer) as unknown,
      }
    },
  },
]
