import { StalkError } from '../errors.js'
import { recordTypes } from './control-records.js'
import { maxVarint, varintBytes, writeVarint } from './varint.js'

// Frames in records, and messages in frames: SPEC, stalk/2 §9.

/** A constant of the wire. */
const maxFramesPerRecord = 4096

/** Channels that are always there: messages of the connection itself, and padding. */
export const mainChannel = 0
export const paddingChannel = 1

/** A part of a message, or a whole one. */
export interface Frame {
  readonly channel: number
  readonly bytes: Uint8Array
  /** Whether the message ends with it. */
  readonly isFinal: boolean
}

/** The plaintext of a DATA record that is being put together. */
export class RecordPlan {
  readonly #maxBytes: number
  readonly #frames: Frame[] = []
  #length = 1

  constructor(maxPlaintextBytes: number) {
    this.#maxBytes = maxPlaintextBytes
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /** How many of `wanted` bytes of one channel have room in a frame; 0: none. */
  roomFor(channel: number, wanted: number): number {
    if (this.#frames.length === maxFramesPerRecord) return 0
    const room = this.#maxBytes - this.#length - varintBytes(channel)
    // the length has bytes of its own, whose number depends on it
    return Math.min(wanted, room - varintBytes(2 * Math.min(wanted, Math.max(room, 1)) + 1))
  }

  push(channel: number, bytes: Uint8Array, isFinal: boolean): void {
    this.#frames.push({ channel, bytes, isFinal })
    this.#length += varintBytes(channel) + varintBytes(2 * bytes.length + 1) + bytes.length
  }

  /** In a new array. */
  encode(): Uint8Array {
    const record = new Uint8Array(this.#length)
    record[0] = recordTypes.data
    let at = 1
    for (const { channel, bytes, isFinal } of this.#frames) {
      at = writeVarint(record, at, channel)
      at = writeVarint(record, at, 2 * bytes.length + (isFinal ? 1 : 0))
      record.set(bytes, at)
      at += bytes.length
    }
    return record
  }
}

/** Messages of one channel that wait to be sent, encoded, and how far the first of them has been. */
export class MessageQueue {
  #messages: Uint8Array[] = []
  #next = 0
  /** How much of the first message has left. */
  #offset = 0
  #bytes = 0
  #taken = 0

  /** Bytes that have not left. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many messages have not left whole. */
  get count(): number {
    return this.#messages.length - this.#next
  }

  /** How many messages have left whole. */
  get taken(): number {
    return this.#taken
  }

  /** How many bytes of the first message have not left; 0: there is none. */
  get left(): number {
    const first = this.#messages[this.#next]
    return first === undefined ? 0 : first.length - this.#offset
  }

  /** Adds a message of at least 1 byte (`RangeError`): it is kept, not copied. */
  push(message: Uint8Array): void {
    if (message.length === 0) throw new RangeError('a message has at least 1 byte')
    this.#messages.push(message)
    this.#bytes += message.length
  }

  /** Takes bytes of the first message: a view, at most `left` of them (`RangeError`). */
  take(count: number): Uint8Array {
    const first = this.#messages[this.#next]
    if (first === undefined || count > this.left) throw new RangeError(`there are ${this.left} bytes, not ${count}`)
    const bytes = first.subarray(this.#offset, this.#offset + count)
    this.#offset += count
    this.#bytes -= count
    if (this.#offset === first.length) this.#dropFirst()
    return bytes
  }

  /** Forgets everything. */
  clear(): void {
    this.#messages = []
    this.#next = 0
    this.#offset = 0
    this.#bytes = 0
  }

  #dropFirst(): void {
    this.#messages[this.#next] = noBytes
    this.#next += 1
    this.#taken += 1
    this.#offset = 0
    if (this.#next * 2 < this.#messages.length) return
    this.#messages = this.#messages.slice(this.#next)
    this.#next = 0
  }
}

const noBytes = new Uint8Array()

/** Puts the messages of one channel together again. */
export class MessageAssembler {
  readonly #maxMessageBytes: number
  /** The beginning of a message that goes on: our own memory, at most twice what came. */
  #buffer: Uint8Array = noBytes
  #length = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whether a message has begun and not ended. */
  get isInMessage(): boolean {
    return this.#length > 0
  }

  /**
   * The message that becomes whole with this frame; null: it goes on. One that is whole in its frame is a view of it.
   *
   * Throws FRAME_EMPTY, PEER_MESSAGE_TOO_LARGE.
   */
  add({ bytes, isFinal }: Frame): Uint8Array | null {
    const length = this.#length + bytes.length
    if (length === 0) throw new StalkError('FRAME_EMPTY', 'a message has no bytes')
    if (length > this.#maxMessageBytes) {
      throw new StalkError(
        'PEER_MESSAGE_TOO_LARGE',
        `the peer sends a message of more than ${this.#maxMessageBytes} bytes, which is the limit here`,
      )
    }
    if (isFinal && this.#length === 0) return bytes
    this.#append(bytes)
    if (!isFinal) return null
    const message = this.#buffer.subarray(0, length)
    this.clear()
    return message
  }

  /** Forgets the beginning of a message. */
  clear(): void {
    this.#buffer = noBytes
    this.#length = 0
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(2 * length, this.#maxMessageBytes))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }
}

/** Takes frames, and what is written like them, apart; nothing is copied. */
export class FrameReader {
  readonly #frames: Uint8Array
  #at = 0
  #count = 0

  constructor(frames: Uint8Array) {
    this.#frames = frames
  }

  get isAtEnd(): boolean {
    return this.#at === this.#frames.length
  }

  /**
   * The next frame of a record; null after the last.
   *
   * @param isChannel whether there can be a channel of this number
   *
   * Throws FRAME_MALFORMED, FRAME_COUNT, FRAME_CHANNEL, FRAME_EMPTY.
   */
  next(isChannel: (channel: number) => boolean): Frame | null {
    if (this.isAtEnd) {
      if (this.#count === 0) throw new StalkError('FRAME_EMPTY', 'a record has no frames')
      return null
    }
    const channel = this.varint()
    const lengthAndFin = this.varint()
    this.#count += 1
    if (this.#count > maxFramesPerRecord) {
      throw new StalkError('FRAME_COUNT', `a record has more than ${maxFramesPerRecord} frames`)
    }
    if (!isChannel(channel)) throw new StalkError('FRAME_CHANNEL', `there is no channel ${channel}`)
    const isFinal = lengthAndFin % 2 === 1
    const bytes = this.bytes((lengthAndFin - (isFinal ? 1 : 0)) / 2)
    if (bytes.length === 0 && !isFinal) throw new StalkError('FRAME_EMPTY', 'an empty frame ends nothing')
    return { channel, bytes, isFinal }
  }

  /** Unsigned LEB128, minimal, below 2^32. */
  varint(): number {
    let value = 0
    let factor = 1
    for (let count = 1; count <= 5; count += 1) {
      const byte = this.#frames[this.#at]
      if (byte === undefined) throw malformed('the record ends inside a frame’s number')
      this.#at += 1
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte >= 0x80) continue
      if (byte === 0 && count > 1) throw malformed('a frame’s number is not minimal')
      if (value > maxVarint) break
      return value
    }
    throw malformed('a frame’s number is 2^32 or more')
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count
    if (end > this.#frames.length) {
      throw malformed(`a frame of ${count} bytes goes on over the end of its record`)
    }
    const bytes = this.#frames.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.bytes(this.#frames.length - this.#at)
  }
}

function malformed(reason: string): StalkError {
  return new StalkError('FRAME_MALFORMED', reason)
}
