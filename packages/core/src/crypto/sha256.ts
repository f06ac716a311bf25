import { createHash } from 'node:crypto'
import { plainBytes } from './bytes.js'

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return plainBytes(createHash('sha256').update(bytes).digest())
}
