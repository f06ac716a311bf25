// @msgpack/msgpack with an encoder and a decoder that are kept.
import { Decoder, Encoder } from '@msgpack/msgpack'
import { plainArrays, type Codec } from './codec.js'

export const codecs: readonly Codec[] = [
  {
    name: '@msgpack/msgpack',
    adapt: plainArrays,
    coder() {
      const encoder = new Encoder()
      const decoder = new Decoder()
      return { encode: (value) => encoder.encode(value), decode: (bytes) => decoder.decode(bytes) }
    },
  },
]
