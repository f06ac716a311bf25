// Records mode, with the structure known to both sides, and typed arrays as extensions.
import { Packr } from 'msgpackr'
import type { Codec } from './codec.js'

export const codecs: readonly Codec[] = [
  {
    name: 'msgpackr',
    coder(shape) {
      const packr = new Packr({ structures: [Object.keys(shape)], moreTypes: true })
      return { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }
    },
  },
]
