import { checkPacketBytes } from './classic.js'
import { GrowingWriter } from './growing-writer.js'
import { unsignedBytes, writeUnsigned } from './leb128.js'
import type { SpackLimits } from './limits.js'

// Small packets share a buffer: an allocation of its own costs each more than all that is written into it.
const sharedBytes = 16 * 1024
const smallPacket = 2048
const spareBytes = 256

/** Where compact packets are put together, without being measured first: the types go before the data at the end. */
export class PacketBuffer {
  readonly types: GrowingWriter = new GrowingWriter(new Uint8Array(spareBytes), 0)
  readonly data: GrowingWriter = new GrowingWriter(new Uint8Array(0), 0)
  #gap = 0
  #shared = new Uint8Array(0)
  #used = 0

  /** Memory in which there is room for a small packet, from `used` on. */
  get shared(): Uint8Array {
    if (this.#used + smallPacket > this.#shared.length) {
      this.#shared = new Uint8Array(sharedBytes)
      this.#used = 0
    }
    return this.#shared
  }

  get used(): number {
    return this.#used
  }

  /** The packet that was written there, up to `end`. */
  take(end: number): Uint8Array {
    const packet = this.#shared.subarray(this.#used, end)
    this.#used = end
    return packet
  }

  /** Starts a packet whose types and their size take about `headBytes` bytes. */
  begin(headBytes: number, limits: SpackLimits): void {
    if (this.#used + headBytes + spareBytes > this.#shared.length) {
      this.#shared = new Uint8Array(Math.max(sharedBytes, headBytes + spareBytes))
      this.#used = 0
    }
    this.#gap = headBytes
    this.types.begin(this.types.buffer, 0, limits)
    this.data.begin(this.#shared, this.#used, limits)
    this.data.offset += headBytes
  }

  /** The same at a place in somebody’s memory, in which nothing else is after it. */
  beginAt(target: Uint8Array, start: number, headBytes: number, limits: SpackLimits): void {
    this.#gap = headBytes
    this.types.begin(this.types.buffer, 0, limits)
    this.data.begin(target, start, limits)
    this.data.offset += headBytes
  }

  /**
   * The end of the packet in that memory; a packet that has outgrown it, by itself.
   * @throws SpackError SPACK_PACKET_TOO_LARGE
   */
  finishAt(target: Uint8Array): number | Uint8Array {
    const { types, data } = this
    const typesBytes = types.offset
    const headBytes = unsignedBytes(typesBytes) + typesBytes
    const shift = headBytes - this.#gap
    if (data.buffer !== target || data.offset + shift > target.length) return this.#finishOwn()
    const { start } = data
    checkPacketBytes(data.offset + shift - start, data.limits)
    if (shift !== 0) target.copyWithin(start + headBytes, start + this.#gap, data.offset)
    this.#writeHead(target, start, typesBytes)
    return data.offset + shift
  }

  /**
   * The packet: bytes that nobody writes to any more. Those of small packets are a view of a buffer that they share.
   * @throws SpackError SPACK_PACKET_TOO_LARGE
   */
  finish(): Uint8Array {
    const { types, data } = this
    const typesBytes = types.offset
    const headBytes = unsignedBytes(typesBytes) + typesBytes
    const dataStart = data.start + this.#gap
    const packetBytes = headBytes + data.offset - dataStart
    checkPacketBytes(packetBytes, data.limits)
    if (data.buffer !== this.#shared || headBytes > this.#gap || packetBytes > smallPacket) return this.#finishOwn()
    const start = dataStart - headBytes
    this.#writeHead(data.buffer, start, typesBytes)
    this.#used = data.offset
    return data.buffer.subarray(start, data.offset)
  }

  /** What has outgrown its buffer has one of its own, which it may keep if it fills most of it. */
  #finishOwn(): Uint8Array {
    const { types, data } = this
    const typesBytes = types.offset
    const headBytes = unsignedBytes(typesBytes) + typesBytes
    const dataStart = data.start + this.#gap
    const packetBytes = headBytes + data.offset - dataStart
    checkPacketBytes(packetBytes, data.limits)
    const isOwn = data.hasGrown && 2 * packetBytes >= data.buffer.length
    if (isOwn && headBytes <= this.#gap) {
      this.#writeHead(data.buffer, dataStart - headBytes, typesBytes)
      return data.buffer.subarray(dataStart - headBytes, data.offset)
    }
    const packet = new Uint8Array(packetBytes)
    this.#writeHead(packet, 0, typesBytes)
    packet.set(data.buffer.subarray(dataStart, data.offset), headBytes)
    return packet
  }

  #writeHead(packet: Uint8Array, start: number, typesBytes: number): void {
    const { buffer } = this.types
    const offset = writeUnsigned(packet, start, typesBytes)
    for (let index = 0; index < typesBytes; index += 1) packet[offset + index] = buffer[index] ?? 0
  }
}
