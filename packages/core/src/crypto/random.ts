import { randomFillSync } from 'node:crypto'

/** `length` unpredictable bytes from the system, in a new array. */
export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length))
}
