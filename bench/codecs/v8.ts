// Node’s own structured clone.
import { deserialize, serialize } from 'node:v8'
import type { Codec } from './codec.js'

export const codecs: readonly Codec[] = [
  { name: 'v8.serialize', coder: () => ({ encode: serialize, decode: (bytes) => deserialize(bytes) as unknown }) },
]
