import { Packr, RESERVE_START_SPACE } from 'msgpackr'
import type { Message, Reading, Workload } from '../harness/workload.js'

/**
 * Messages to bytes and back for the peers that carry bytes: msgpackr for structured messages, as they are for bytes. `reserve` bytes in front of
 * the result are left for the peer’s own header, at most 255; `body` says where the rest begins.
 */
export interface Format {
  encode(message: Message, reserve: number): Encoded
  decode(bytes: Uint8Array): Message
  /** One body for many messages: batching by hand. */
  encodeMany(messages: readonly Message[], reserve: number): Encoded
  decodeMany(bytes: Uint8Array, each: (message: Message) => void): void
}

export interface Encoded {
  readonly bytes: Uint8Array
  /** How many bytes in front are free: `reserve`, or 0 where the message is passed on without a copy. */
  readonly reserved: number
}

export function formatOf(workload: Workload): Format {
  return workload.kind === 'reading' ? readingFormat() : bytesFormat
}

/**
 * Records mode with the structure known to both sides: names of fields do not travel, and objects are made by a compiled reader. Many messages are
 * one array, which is faster at both ends than packing each and joining them.
 */
function readingFormat(): Format {
  const packr = new Packr({ structures: [['seq', 'ts', 'name', 'payload']] })
  const pack = (value: unknown, reserve: number): Encoded => ({
    bytes: packr.pack(value, RESERVE_START_SPACE | reserve),
    reserved: reserve,
  })
  return {
    encode: pack,
    decode: (bytes) => packr.unpack(bytes) as Reading,
    encodeMany: pack,
    decodeMany(bytes, each) {
      for (const message of packr.unpack(bytes) as Reading[]) each(message)
    },
  }
}

const bytesFormat: Format = {
  encode: (message) => ({ bytes: message as Uint8Array, reserved: 0 }),
  decode: (bytes) => bytes,
  encodeMany(messages, reserve) {
    const bodies = messages as readonly Uint8Array[]
    const length = bodies.reduce((sum, body) => sum + 4 + body.length, reserve)
    const bytes = Buffer.allocUnsafe(length)
    let at = reserve
    for (const body of bodies) {
      at = bytes.writeUInt32LE(body.length, at)
      bytes.set(body, at)
      at += body.length
    }
    return { bytes, reserved: reserve }
  },
  decodeMany(bytes, each) {
    for (let at = 0; at < bytes.length;) {
      const length = lengthAt(bytes, at)
      each(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
  },
}

/** 32 bits, little-endian. */
export function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
