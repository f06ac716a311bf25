import type { Channel, ReceiveBody } from './byte-peer.js'
import { lengthAt, type Encoded } from './formats.js'

/** A stream of bytes. */
export interface ByteStream {
  /** The parts leave together. */
  write(parts: readonly Uint8Array[]): void
  /** Bytes that wait to be sent. */
  readonly waiting: number
  drained(): Promise<void>
  close(): Promise<void>
}

/** Bodies up to this size are copied behind their length: cheaper than a second part. */
const COPIED_BYTES = 4096

/** As much may wait before a sender has to: enough to keep the kernel busy meanwhile. */
const WAITING_BYTES = 1024 * 1024

/** Bodies over a stream, each behind its length in 4 bytes. */
export class FramedChannel implements Channel {
  readonly reserve = 4
  readonly #stream: ByteStream

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  send({ bytes, reserved }: Encoded): boolean {
    if (reserved === 4) {
      writeLength(bytes, bytes.length - 4)
      this.#stream.write([bytes])
    } else if (bytes.length <= COPIED_BYTES) {
      const frame = Buffer.allocUnsafe(4 + bytes.length)
      writeLength(frame, bytes.length)
      frame.set(bytes, 4)
      this.#stream.write([frame])
    } else {
      const header = Buffer.allocUnsafe(4)
      writeLength(header, bytes.length)
      this.#stream.write([header, bytes])
    }
    return this.#stream.waiting < WAITING_BYTES
  }

  drain(): Promise<void> {
    return this.#stream.drained()
  }

  close(): Promise<void> {
    return this.#stream.close()
  }
}

/** Takes chunks as they arrive and gives bodies: parts of the chunk where they are whole in it, one copy where they are not. */
export function unframe(receive: ReceiveBody): (chunk: Uint8Array) => void {
  let partial: Uint8Array | null = null // a length that was cut, or a body
  let filled = 0
  let isHeader = false
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (partial !== null) {
        const part = chunk.subarray(at, at + partial.length - filled)
        partial.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < partial.length) return
        const whole: Uint8Array = partial
        partial = null
        if (!isHeader) {
          receive(whole)
          continue
        }
        ;[partial, filled, isHeader] = [Buffer.allocUnsafeSlow(lengthAt(whole, 0)), 0, false]
        continue
      }
      if (chunk.length - at < 4) {
        ;[partial, filled, isHeader] = [Buffer.allocUnsafe(4), 0, true]
        continue
      }
      const length = lengthAt(chunk, at)
      at += 4
      if (chunk.length - at >= length) {
        receive(chunk.subarray(at, at + length))
        at += length
      } else {
        ;[partial, filled, isHeader] = [Buffer.allocUnsafeSlow(length), 0, false]
      }
    }
  }
}

function writeLength(bytes: Uint8Array, length: number): void {
  bytes[0] = length
  bytes[1] = length >>> 8
  bytes[2] = length >>> 16
  bytes[3] = length >>> 24
}
