// Records mode, with the structure known to both sides; typed arrays are tagged.
import { Encoder } from 'cbor-x'
import type { Codec } from './codec.js'

export const codecs: readonly Codec[] = [
  {
    name: 'cbor-x',
    coder(shape) {
      const encoder = new Encoder({ structures: [Object.keys(shape)] } as object)
      return { encode: (value) => encoder.encode(value), decode: (bytes) => encoder.decode(bytes) }
    },
  },
]
