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
    const { data } = this
    const headBytes = this.#headBytes
    const end = data.offset + headBytes - this.#gap
    if (data.buffer !== target || end > target.length) return this.#finishOwn()
    const { start } = data
    checkPacketBytes(end - start, data.limits)
    if (end !== data.offset) target.copyWithin(start + headBytes, start + this.#gap, data.offset)
    this.#writeHead(target, start)
    return end
  }

  /**
   * The packet: bytes that nobody writes to any more. Those of small packets are a view of a buffer that they share.
   * @throws SpackError SPACK_PACKET_TOO_LARGE
   */
  finish(): Uint8Array {
    const { data } = this
    const start = this.#packetStart
    const isSmall = start >= data.start && data.offset - start <= smallPacket
    if (data.buffer !== this.#shared || !isSmall) return this.#finishOwn()
    checkPacketBytes(data.offset - start, data.limits)
    this.#writeHead(data.buffer, start)
    this.#used = data.offset
    return data.buffer.subarray(start, data.offset)
  }

  /** What has outgrown its buffer has one of its own, which it may keep if it fills most of it. */
  #finishOwn(): Uint8Array {
    const { data } = this
    const start = this.#packetStart
    const packetBytes = data.offset - start
    checkPacketBytes(packetBytes, data.limits)
    if (data.hasGrown && start >= data.start && 2 * packetBytes >= data.buffer.length) {
      this.#writeHead(data.buffer, start)
      return data.buffer.subarray(start, data.offset)
    }
    const packet = new Uint8Array(packetBytes)
    this.#writeHead(packet, 0)
    packet.set(data.buffer.subarray(start + this.#headBytes, data.offset), this.#headBytes)
    return packet
  }

  /** How many bytes the types take, with their size. */
  get #headBytes(): number {
    const typesBytes = this.types.offset
    return unsignedBytes(typesBytes) + typesBytes
  }

  /** Where the packet begins, if its head ends where the data begin; before `data.start` if that is too little room. */
  get #packetStart(): number {
    return this.data.start + this.#gap - this.#headBytes
  }

  #writeHead(packet: Uint8Array, start: number): void {
    const { buffer, offset: typesBytes } = this.types
    const offset = writeUnsigned(packet, start, typesBytes)
    for (let index = 0; index < typesBytes; index += 1) packet[offset + index] = buffer[index] ?? 0
  }
}
