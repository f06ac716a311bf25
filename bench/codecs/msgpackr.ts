// In records mode, with the structure known to both sides, and as plain MessagePack, with the names in every value; typed arrays as extensions.
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
  {
    name: 'msgpackr-plain',
    coder() {
      const packr = new Packr({ useRecords: false, moreTypes: true })
      return { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) }
    },
  },
]
