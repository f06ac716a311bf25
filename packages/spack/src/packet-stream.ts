import { decodeClassicPacket, readClassicLayout, type ClassicLayout } from './classic.js'
import { plainBytes } from './decode.js'
import { resolveLimits, type SpackLimits } from './limits.js'
import { resolveSha256, type Sha256 } from './sha256.js'
import type { Spack } from './spack.js'

/** Options of {@link PacketStream}. */
export interface PacketStreamOptions {
  /** Over the defaults: see {@link SpackLimits}. */
  readonly limits?: Partial<SpackLimits>
  /** For platforms without a synchronous SHA-256 of their own (browsers). */
  readonly sha256?: Sha256
}

const nothing = new Uint8Array(0)

/**
 * Classic packets out of a stream of bytes: chunks in, packets out, no I/O (SPEC, spack §classic).
 *
 * ```ts
 * packets.push(chunk)
 * for (let packet = packets.next(); packet !== null; packet = packets.next()) handle(packet)
 * ```
 *
 * It holds at most twice the bytes of a packet that it was given so far, never what a packet announces, and refuses a
 * size over the limit when it can be read: nothing of the body is kept. What a chunk has beyond whole packets is copied
 * when `next` returns null or the next chunk comes; until then the chunk is borrowed.
 */
export class PacketStream {
  readonly #sha256: Sha256
  #limits: SpackLimits
  /** The last chunk as it came, or bytes of our own. Unread are `#start..#end`. */
  #bytes: Uint8Array = nothing
  #start = 0
  #end = 0
  #owned = true
  /** Of the packet at `#start`, once its sizes have been read. */
  #layout: ClassicLayout | null = null
  #failure: Error | null = null

  /** @throws TypeError, RangeError for an unknown or wrong limit, or if there is no SHA-256. */
  constructor(options: PacketStreamOptions = {}) {
    this.#limits = resolveLimits(options.limits)
    this.#sha256 = resolveSha256(options.sha256)
  }

  /**
   * The limits for the packet that comes next, with all defaults filled in. They can be replaced between packets, as after
   * a handshake, with the same meaning as in the options: over the defaults, not over the limits so far.
   */
  get limits(): SpackLimits {
    return this.#limits
  }

  set limits(limits: Partial<SpackLimits>) {
    this.#limits = resolveLimits(limits)
    this.#layout = null
  }

  /** The bytes given and not yet returned in a packet: after `next` returned null, 0 only at the end of a packet. */
  get bufferedBytes(): number {
    return this.#end - this.#start
  }

  /**
   * Takes the bytes that came. Empty `next` before the next chunk: this method buffers all it is given.
   * @throws TypeError if it is no Uint8Array; after a failure of `next`, its error again.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== null) throw this.#failure
    const bytes = plainBytes(chunk)
    if (this.bufferedBytes > 0) {
      this.#append(bytes)
      return
    }
    this.#bytes = bytes
    this.#start = 0
    this.#end = bytes.length
    this.#owned = false
  }

  /**
   * The next packet, or null if more bytes are needed.
   * @throws SpackError for bytes that are no valid packet within the limits; from then on `push` and `next` throw it again.
   */
  next(): Spack | null {
    if (this.#failure !== null) throw this.#failure
    try {
      const packet = this.#decode()
      if (packet === null) this.#keep()
      return packet
    } catch (error) {
      this.#failure = error as Error
      this.#release()
      throw error
    }
  }

  #decode(): Spack | null {
    this.#layout ??= readClassicLayout(this.#bytes, this.#start, this.#end, this.#limits)
    const layout = this.#layout
    if (layout === null || layout.packetBytes > this.bufferedBytes) return null
    const packet = decodeClassicPacket(this.#bytes, this.#start, layout, this.#limits, this.#sha256)
    this.#start += layout.packetBytes
    this.#layout = null
    if (this.bufferedBytes === 0) this.#release()
    return packet
  }

  #release(): void {
    this.#bytes = nothing
    this.#start = 0
    this.#end = 0
    this.#owned = true
  }

  /** Lets go of a borrowed chunk, and of the packets before the unread bytes: a few bytes must not hold a large buffer. */
  #keep(): void {
    if (!this.#owned || this.#start > 0) this.#move(this.bufferedBytes)
  }

  #append(chunk: Uint8Array): void {
    if (!this.#owned || this.#end + chunk.length > this.#bytes.length) {
      // doubling makes the copying linear in what arrives, whatever the chunks
      this.#move(Math.max(this.bufferedBytes + chunk.length, 2 * this.bufferedBytes))
    }
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Moves the unread bytes to the beginning of a buffer of our own. */
  #move(capacity: number): void {
    const target = new Uint8Array(capacity)
    target.set(this.#bytes.subarray(this.#start, this.#end))
    this.#end -= this.#start
    this.#start = 0
    this.#bytes = target
    this.#owned = true
  }
}
