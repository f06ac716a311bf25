// Coders compiled by protobufjs from a schema; integers are sint32, the fastest type that holds those of the subjects.
import protobuf from 'protobufjs'
import type { Codec } from './codec.js'
import type { FieldType } from './subjects.js'

const types: Readonly<Record<FieldType, readonly [type: string, rule?: 'repeated']>> = {
  integer: ['sint32'],
  float64: ['double'],
  string: ['string'],
  bytes: ['bytes'],
  integers: ['sint32', 'repeated'],
  float64s: ['double', 'repeated'],
}

export const codecs: readonly Codec[] = [
  {
    name: 'protobufjs',
    coder(shape) {
      const message = new protobuf.Type('Subject')
      for (const [index, [name, type]] of Object.entries(shape).entries()) {
        message.add(new protobuf.Field(name, index + 1, ...types[type]))
      }
      new protobuf.Root().add(message)
      return {
        encode: (value) => message.encode(value).finish(),
        decode: (bytes) => message.decode(bytes),
      }
    },
  },
]
