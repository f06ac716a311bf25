import { readFileSync } from 'node:fs'
import path from 'node:path'

/** An identity that the original made, with its numbers. */
export interface VectorIdentity {
  readonly name: string
  readonly keysize: number
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly p: bigint
  readonly q: bigint
  readonly privateBytes: Uint8Array
  readonly publicBytes: Uint8Array
}

const folder = path.resolve(import.meta.dirname, '../../../../test-vectors/v1/identities')

/** test-vectors/v1/identities: the numbers from identities.json, the bytes from the original's files. */
export const vectorIdentities: readonly VectorIdentity[] = (
  JSON.parse(readFileSync(path.join(folder, 'identities.json'), 'utf8')) as {
    identities: (Record<'name' | 'n' | 'e' | 'd' | 'p' | 'q', string> & { keysize: number })[]
  }
).identities.map(({ name, keysize, n, e, d, p, q }) => ({
  name,
  keysize,
  n: BigInt(n),
  e: BigInt(e),
  d: BigInt(d),
  p: BigInt(p),
  q: BigInt(q),
  privateBytes: new Uint8Array(readFileSync(path.join(folder, name, 'id_priv'))),
  publicBytes: new Uint8Array(readFileSync(path.join(folder, name, 'id_pub'))),
}))

/** One of them by name. */
export function vectorIdentity(name: string): VectorIdentity {
  const found = vectorIdentities.find((identity) => identity.name === name)
  if (found === undefined) throw new Error(`no identity ${name} in the vectors`)
  return found
}
