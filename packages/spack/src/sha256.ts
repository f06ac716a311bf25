import { isTypedArray } from './element.js'

/** SHA-256 of some bytes: 32 bytes. The input is borrowed for the call. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Bytes of a SHA-256. */
export const hashBytes = 32

/** What a platform with a synchronous SHA-256 has: Node, Deno and Bun do, browsers do not. */
interface Platform {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

interface NodeCrypto {
  readonly hash?: (algorithm: string, data: Uint8Array, encoding: 'buffer') => Uint8Array
  readonly createHash: (algorithm: string) => { update(data: Uint8Array): { digest(): Uint8Array } }
}

let ofThisPlatform: Sha256 | null = null

/**
 * The given SHA-256, else the platform's own, looked up on first use.
 * @throws TypeError if there is neither.
 */
export function resolveSha256(given: Sha256 | undefined, platform: unknown = globalThis): Sha256 {
  if (given !== undefined) return given
  // the one ambient thing of the package: it is the hash of the format, not a source of anything
  ofThisPlatform ??= platformSha256(platform as Platform)
  if (ofThisPlatform !== null) return ofThisPlatform
  throw new TypeError('the classic form needs the option `sha256` on this platform, e.g. `sha256` from @noble/hashes')
}

/** A platform's synchronous SHA-256, or null. */
export function platformSha256(platform: Platform): Sha256 | null {
  const crypto = platform.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined
  if (crypto === undefined) return null
  const { hash, createHash } = crypto
  if (hash !== undefined) return (bytes) => hash('sha256', bytes, 'buffer')
  return (bytes) => createHash('sha256').update(bytes).digest()
}

/**
 * The hash of `bytes[start..end]`.
 * @throws TypeError if the function returned something else than 32 bytes.
 */
export function hashRange(sha256: Sha256, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const hash = sha256(bytes.subarray(start, end))
  if (!isTypedArray(hash, 'Uint8Array') || hash.length !== hashBytes) {
    throw new TypeError('the option `sha256` must return a Uint8Array of 32 bytes')
  }
  return hash
}
