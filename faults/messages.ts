// The messages that go between the hosts: numbered, small ones with some large mixed in. What is in a message follows from its number, so that
// whoever receives it can compare every byte.
import { createHash } from 'node:crypto'
import { Spack } from '@stalk/core'

/** What was read from a message that arrived. */
export interface Arrived {
  readonly number: number
  readonly bytes: number
  /** Whether the contents are those of the number, byte for byte. */
  readonly isIntact: boolean
}

/** Message `number`, from 1: always the same. */
export function makeMessage(number: number): Spack {
  return new Spack().integer(number).bytes(contentsOf(number))
}

/** Throws TypeError for a message that is none of these. */
export function readMessage(message: Spack): Arrived {
  const [number, contents] = message.values()
  if (typeof number !== 'number' || !(contents instanceof Uint8Array)) {
    throw new TypeError('this is no message of the stream')
  }
  return { number, bytes: contents.length, isIntact: contentsOf(number).equals(contents) }
}

/** With how many messages have come over. */
export function makeHave(number: number): Spack {
  return new Spack().string('have').integer(number)
}

/** Throws TypeError for anything else. */
export function readHave(message: Spack | null): number {
  const [name, number] = message?.values() ?? []
  if (name !== 'have' || typeof number !== 'number') throw new TypeError('this does not say how many have come')
  return number
}

const HUGE_BYTES = 1024 * 1024
/** Two of the largest, so that contents begin at many places. */
const pool: Buffer = createHash('shake256', { outputLength: 2 * HUGE_BYTES })
  .update('faults')
  .digest()

function contentsOf(number: number): Buffer {
  const at = scatter(number) % HUGE_BYTES
  return pool.subarray(at, at + sizeOf(number))
}

/** One in 50,000 has 1 MiB, one in 2,000 from 8 to 32 KiB, all others up to 64 bytes. */
function sizeOf(number: number): number {
  if (number % 50_000 === 25_000) return HUGE_BYTES
  if (number % 2_000 === 1_000) return 8_192 + (scatter(number) % 24_577)
  return scatter(number) % 65
}

function scatter(number: number): number {
  return Math.imul(number, 2_654_435_761) >>> 7
}
