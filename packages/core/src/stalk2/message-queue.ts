import { SlabPool, type Slab } from './slab-pool.js'
import { varintBytes, writeVarint } from './varint.js'

/** Up to this size messages are laid out as frames at once, one behind the other: what fits into a record is then one copy. */
const smallMessageBytes = 4096

/** Room in which most small messages can be put together. */
const reservedBytes = 1024

/** Frames of small messages, one behind the other, or one large message. */
interface Segment {
  readonly bytes: Uint8Array
  at: number
  end: number
  /** Where frames are; null: it is one large message. */
  readonly slab: Slab | null
}

/** How many messages may leave at once. */
export interface Budget {
  /** Bytes of frames. */
  readonly maxBytes: number
  readonly maxFrames: number
  /** What a message costs besides its bytes. */
  readonly messageCost: number
  /** All messages together cost at most this. */
  readonly maxCost: number
  /** No message is longer than what those before it have left of this. */
  readonly wholeWithin: number
  /** The message with which they have cost so much is the last. */
  readonly lastAt: number
}

/** Whole messages, in their frames. */
export interface TakenFrames {
  /** A view, valid until the next message is queued. */
  readonly frames: Uint8Array
  readonly count: number
  /** Bytes of the messages, without what their frames add. */
  readonly messageBytes: number
}

const slabs = new SlabPool()

/** Messages of one channel that wait to be sent, encoded, and how far the first of them has been. */
export class MessageQueue {
  readonly #channel: number
  readonly #channelBytes: number
  #segments: Segment[] = []
  #next = 0
  /** Memory for small messages, and where in it the next one’s frame begins; null: there is none at hand. */
  #slab: Slab | null = null
  #slabAt = 0
  /** The last segment, if the next frame can follow in it. */
  #open: Segment | null = null
  /** What somebody is writing a message into, and from where on. */
  #reserved: Slab | null = null
  #reservedAt = 0
  /** How many bytes the length of the last small message took: as a rule, the next one’s takes as many. */
  #lengthBytes = 1
  /** Bytes of the first message that have not left, if it is in a segment of frames and others of it have left. */
  #rest = 0
  #bytes = 0
  #count = 0
  #taken = 0

  constructor(channel: number) {
    this.#channel = channel
    this.#channelBytes = varintBytes(channel)
  }

  /** Bytes that have not left. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many messages have not left whole. */
  get count(): number {
    return this.#count
  }

  /** How many messages have left whole. */
  get taken(): number {
    return this.#taken
  }

  /** How many bytes of the first message have not left; 0: there is none. */
  get left(): number {
    const first = this.#segments[this.#next]
    if (first === undefined) return 0
    if (first.slab === null) return first.end - first.at
    return this.#rest > 0 ? this.#rest : this.#bodyOf(first).length
  }

  /** Adds a message of at least 1 byte (`RangeError`): a small one is copied, a large one kept. */
  push(message: Uint8Array): void {
    const { length } = message
    if (length === 0) throw new RangeError('a message has at least 1 byte')
    // beside what somebody is writing there is no room that is known to be free
    if (length > smallMessageBytes || this.#reserved !== null) {
      const bytes = length > smallMessageBytes ? message : message.slice()
      this.#segments.push({ bytes, at: 0, end: length, slab: null })
      this.#open = null
      this.#bytes += length
      this.#count += 1
      return
    }
    const lengthBytes = varintBytes(2 * length + 1)
    const slab = this.#slabFor(this.#channelBytes + lengthBytes + length)
    this.#lengthBytes = lengthBytes
    slab.bytes.set(message, this.#bodyAt)
    this.#add(slab, this.#bodyAt + length)
  }

  /**
   * Memory into which the next message can be written, from `reservedAt` on: `commit` follows, or `release`. Null: somebody writes there
   * already, and adds another one in the middle of it.
   */
  reserve(): Uint8Array | null {
    if (this.#reserved !== null) return null
    this.#reserved = this.#slabFor(reservedBytes)
    this.#reservedAt = this.#bodyAt
    return this.#reserved.bytes
  }

  get reservedAt(): number {
    return this.#reservedAt
  }

  /** What was written is a message, which ends here. `RangeError` for one without bytes. */
  commit(end: number): void {
    const slab = this.#reserved
    const start = this.#reservedAt
    const length = end - start
    if (slab === null || !(length > 0 && end <= slab.bytes.length))
      throw new RangeError('a message has at least 1 byte')
    this.#reserved = null
    const lengthBytes = varintBytes(2 * length + 1)
    const bodyAt = this.#slabAt + this.#channelBytes + lengthBytes
    // it is not ours any more if all that waited has left meanwhile
    if (slab !== this.#slab || bodyAt + length > slab.bytes.length) {
      this.push(slab.bytes.slice(start, end))
      return
    }
    if (bodyAt !== start) slab.bytes.copyWithin(bodyAt, start, end)
    this.#lengthBytes = lengthBytes
    this.#add(slab, bodyAt + length)
  }

  /** Nothing came of it. */
  release(): void {
    this.#reserved = null
    if (this.#segments.length === 0) this.#giveSlab()
  }

  /** Takes whole small messages from the front, as far as the budget goes; null: not one. */
  takeFrames({ maxBytes, maxFrames, messageCost, maxCost, wholeWithin, lastAt }: Budget): TakenFrames | null {
    const first = this.#segments[this.#next]
    if (first === undefined || first.slab === null || this.#rest > 0) return null
    const { bytes, at: start, end } = first
    let at = start
    let count = 0
    let cost = 0
    while (at < end && count < maxFrames && cost < lastAt) {
      let bodyAt = at + this.#channelBytes
      const low = bytes[bodyAt++] ?? 0
      const middle = low < 0x80 ? 0 : (bytes[bodyAt++] ?? 0)
      const high = middle < 0x80 ? 0 : (bytes[bodyAt++] ?? 0)
      const length = ((low & 0x7f) | ((middle & 0x7f) << 7) | (high << 14)) >> 1
      if (bodyAt + length - start > maxBytes || cost + length + messageCost > maxCost || length > wholeWithin - cost)
        break
      at = bodyAt + length
      count += 1
      cost += length + messageCost
    }
    if (count === 0) return null
    const messageBytes = cost - count * messageCost
    first.at = at
    this.#bytes -= messageBytes
    this.#count -= count
    this.#taken += count
    const frames = bytes.subarray(start, at)
    if (at === end) this.#dropFirst(first)
    return { frames, count, messageBytes }
  }

  /** Takes bytes of the first message, at most `left` of them (`RangeError`): a view, valid until the next message is queued. */
  take(count: number): Uint8Array {
    const first = this.#segments[this.#next]
    if (first === undefined || count > this.left) throw new RangeError(`there are ${this.left} bytes, not ${count}`)
    const isFramed = first.slab !== null
    if (isFramed && this.#rest === 0) {
      const { start, length } = this.#bodyOf(first)
      first.at = start
      this.#rest = length
    }
    const bytes = first.bytes.subarray(first.at, first.at + count)
    first.at += count
    this.#bytes -= count
    if (isFramed) this.#rest -= count
    if (isFramed ? this.#rest === 0 : first.at === first.end) {
      this.#count -= 1
      this.#taken += 1
    }
    if (first.at === first.end) this.#dropFirst(first)
    return bytes
  }

  /** Forgets everything. */
  clear(): void {
    this.#segments = []
    this.#next = 0
    this.#slab = null
    this.#open = null
    this.#rest = 0
    this.#bytes = 0
    this.#count = 0
  }

  get #bodyAt(): number {
    return this.#slabAt + this.#channelBytes + this.#lengthBytes
  }

  /** Adds the message whose body is written already, up to `end`. */
  #add(slab: Slab, end: number): void {
    const length = end - this.#bodyAt
    writeVarint(slab.bytes, writeVarint(slab.bytes, this.#slabAt, this.#channel), 2 * length + 1)
    if (this.#open === null) {
      this.#open = { bytes: slab.bytes, at: this.#slabAt, end, slab }
      this.#segments.push(this.#open)
      slab.parts += 1
    } else {
      this.#open.end = end
    }
    this.#slabAt = end
    this.#bytes += length
    this.#count += 1
  }

  /** The slab at hand, with room for so many bytes. */
  #slabFor(count: number): Slab {
    const slab = this.#slab
    if (slab !== null && this.#slabAt + count <= slab.bytes.length) return slab
    const next = slabs.take(slab)
    this.#slab = next
    this.#slabAt = 0
    this.#open = null
    return next
  }

  /** Where the first message of a segment is, all of which is there. */
  #bodyOf({ bytes, at }: Segment): { readonly start: number; readonly length: number } {
    let start = at + this.#channelBytes
    let lengthAndFin = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[start++] ?? 0
      lengthAndFin += (byte & 0x7f) * factor
      if (byte < 0x80) return { start, length: lengthAndFin >> 1 }
    }
  }

  #dropFirst({ slab }: Segment): void {
    if (this.#open === this.#segments[this.#next]) this.#open = null
    this.#segments[this.#next] = nothing
    this.#next += 1
    if (this.#next * 2 >= this.#segments.length) {
      this.#segments = this.#segments.slice(this.#next)
      this.#next = 0
    }
    if (slab !== null) {
      slab.parts -= 1
      if (slab.parts === 0 && slab !== this.#slab) slabs.give(slab)
    }
    if (this.#segments.length === 0) this.#giveSlab()
  }

  /** Who has nothing waiting needs none. One that somebody writes into is nobody else’s. */
  #giveSlab(): void {
    const slab = this.#slab
    this.#slab = null
    this.#slabAt = 0
    this.#open = null
    if (slab !== null && slab !== this.#reserved) slabs.give(slab)
  }
}

const nothing: Segment = { bytes: new Uint8Array(), at: 0, end: 0, slab: null }
