// JSON in UTF-8; bytes travel as base64, since JSON has none.
import { plainArrays, type Codec } from './codec.js'

export const codecs: readonly Codec[] = [
  {
    name: 'JSON',
    adapt: plainArrays,
    coder(shape) {
      const binary = Object.keys(shape).filter((name) => shape[name] === 'bytes')
      return {
        encode(value) {
          const copy: Record<string, unknown> = { ...value }
          for (const name of binary) copy[name] = (copy[name] as Buffer).toString('base64')
          return Buffer.from(JSON.stringify(copy))
        },
        decode(bytes) {
          const value = JSON.parse((bytes as Buffer).toString()) as Record<string, unknown>
          for (const name of binary) value[name] = Buffer.from(value[name] as string, 'base64')
          return value
        },
      }
    },
  },
]
