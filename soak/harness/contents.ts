// Contents that both sides can make: which bytes a message carries follows from who sends it, on which connection, and its number.

export type Side = 'client' | 'server'

const LEAST_BYTES = 16
const MOST_BYTES = 1024
const OFFSETS = 65_536

const block = new Uint8Array(OFFSETS + MOST_BYTES)
fill(block)

/** Not to be changed: a view of bytes that messages share. */
export function contents(side: Side, connection: number, number: number): Uint8Array {
  const mixed = mix(mix(connection + (side === 'client' ? 0 : 0x5bd1_e995)) + number)
  const length = LEAST_BYTES + ((mixed >>> 16) % (MOST_BYTES - LEAST_BYTES))
  const offset = mixed % OFFSETS
  return block.subarray(offset, offset + length)
}

/** Whether a value that arrived is what that side sends. */
export function isContents(value: unknown, side: Side, connection: number, number: number): boolean {
  return value instanceof Uint8Array && Buffer.compare(value, contents(side, connection, number)) === 0
}

/** The finalizer of MurmurHash3: every bit of the input changes about half of those of the output. */
function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function fill(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = mix(index)
}
