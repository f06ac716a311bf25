// scrypt, the memory-hard key derivation: RFC 7914.
import { scrypt as scryptCallback } from 'node:crypto'
import { plainBytes } from './bytes.js'

/** RFC 7914 §2: `cost` is N, a power of two; `blockSize` r; `parallelization` p. Memory is 128 · N · r bytes. */
export interface ScryptCost {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

/** Derives `length` bytes from a passphrase (its UTF-8 bytes) off the event loop. */
export function scrypt(passphrase: string, salt: Uint8Array, length: number, cost: ScryptCost): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scryptCallback(passphrase, salt, length, cost, (error, key) => {
      if (error) reject(error)
      else resolve(plainBytes(key))
    })
  })
}
