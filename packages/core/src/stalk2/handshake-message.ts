import { StalkError } from '../errors.js'
import type { ByteQueue } from './byte-queue.js'

/** A handshake message with its length before it, in a new array (SPEC, stalk/2 §4). `RangeError` above 65,535 bytes. */
export function frameHandshakeMessage(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff)
    throw new RangeError(`a handshake message has at most 65535 bytes, not ${message.length}`)
  const framed = new Uint8Array(2 + message.length)
  framed[0] = message.length >> 8
  framed[1] = message.length & 0xff
  framed.set(message, 2)
  return framed
}

/** Takes a handshake message, a copy without its length; null: it is not whole yet. Throws STALK2_HANDSHAKE_LENGTH. */
export function readHandshakeMessage(queue: ByteQueue, maxBytes: number, name: 'A' | 'B' | 'C'): Uint8Array | null {
  if (queue.length < 2) return null
  const length = queue.uint16At(0)
  if (length > maxBytes) {
    throw new StalkError(
      'STALK2_HANDSHAKE_LENGTH',
      `message ${name} would have ${length} bytes, the limit is ${maxBytes}`,
    )
  }
  if (queue.length < 2 + length) return null
  queue.take(2)
  return new Uint8Array(queue.take(length))
}
