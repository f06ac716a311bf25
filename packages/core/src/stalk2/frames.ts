import { joinBytes } from '../crypto/bytes.js'
import { StalkError } from '../errors.js'
import { recordTypes } from './control-records.js'
import { MessageRun } from '../message-run.js'
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

/** Room for the longest plaintext. What is put together here is sealed before anything else is. */
const workspace = new Uint8Array(65_535)

/** The plaintext of a DATA record that is being put together; one at a time. */
export class RecordPlan {
  readonly #maxBytes: number
  #frames = 0
  #length = 1

  constructor(maxPlaintextBytes: number) {
    this.#maxBytes = Math.min(maxPlaintextBytes, workspace.length)
    workspace[0] = recordTypes.data
  }

  get isEmpty(): boolean {
    return this.#frames === 0
  }

  /** How many bytes and how many frames there is room for. */
  get bytesLeft(): number {
    return this.#maxBytes - this.#length
  }

  get framesLeft(): number {
    return maxFramesPerRecord - this.#frames
  }

  /** How many of `wanted` bytes of one channel have room in a frame; 0: none. */
  roomFor(channel: number, wanted: number): number {
    if (this.#frames === maxFramesPerRecord) return 0
    const room = this.bytesLeft - varintBytes(channel)
    // the length has bytes of its own, whose number depends on it
    return Math.min(wanted, room - varintBytes(2 * Math.min(wanted, Math.max(room, 1)) + 1))
  }

  push(channel: number, bytes: Uint8Array, isFinal: boolean): void {
    const at = writeVarint(workspace, this.#length, channel)
    const bodyAt = writeVarint(workspace, at, 2 * bytes.length + (isFinal ? 1 : 0))
    workspace.set(bytes, bodyAt)
    this.#length = bodyAt + bytes.length
    this.#frames += 1
  }

  /** Adds whole frames. */
  pushFrames(frames: Uint8Array, count: number): void {
    workspace.set(frames, this.#length)
    this.#length += frames.length
    this.#frames += count
  }

  /** A view, valid until the next record is put together. */
  encode(): Uint8Array {
    return workspace.subarray(0, this.#length)
  }
}

const noBytes = new Uint8Array()

/** Frames of so many bytes that fill most of their record are kept where they are until the message is whole. */
const largeFrameBytes = 4096

/** Puts the messages of one channel together again. */
export class MessageAssembler {
  readonly #maxMessageBytes: number
  /** The beginning of a message that goes on, in order: large frames, and memory of our own for small ones. */
  #parts: Uint8Array[] = []
  #length = 0
  /** Our own memory at the end, at most twice what came, and how much of it there is. */
  #small: Uint8Array = noBytes
  #smallLength = 0

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
    return isFinal ? this.#whole() : null
  }

  /** Forgets the beginning of a message. */
  clear(): void {
    this.#parts = []
    this.#length = 0
    this.#small = noBytes
    this.#smallLength = 0
  }

  #append(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (bytes.length >= largeFrameBytes && 2 * bytes.length >= bytes.buffer.byteLength) {
      this.#endSmall()
      this.#parts.push(bytes)
      return
    }
    const length = this.#smallLength + bytes.length
    if (length > this.#small.length) {
      const grown = new Uint8Array(Math.min(2 * length, this.#maxMessageBytes))
      grown.set(this.#small.subarray(0, this.#smallLength))
      this.#small = grown
    }
    this.#small.set(bytes, this.#smallLength)
    this.#smallLength = length
  }

  #endSmall(): void {
    if (this.#smallLength === 0) return
    this.#parts.push(this.#small.subarray(0, this.#smallLength))
    this.#small = noBytes
    this.#smallLength = 0
  }

  #whole(): Uint8Array {
    this.#endSmall()
    const [first] = this.#parts
    const message = this.#parts.length === 1 && first !== undefined ? first : joinBytes(this.#parts)
    this.clear()
    return message
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

  /**
   * Whole messages of a channel, each in one frame, as many as come next; null: what comes next is something else, or has a fault, which
   * `next` finds.
   *
   * @param maxMessageBytes longer ones are not taken
   */
  messages(channel: number, maxMessageBytes: number): MessageRun | null {
    const frames = this.#frames
    const start = this.#at
    const most = maxFramesPerRecord - this.#count
    let at = start
    let count = 0
    let messageBytes = 0
    while (count < most && frames[at] === channel && channel < 0x80) {
      let bodyAt = at + 1
      const low = frames[bodyAt++] ?? 0
      const middle = low < 0x80 ? 0 : (frames[bodyAt++] ?? 0)
      const high = middle < 0x80 ? 0 : (frames[bodyAt++] ?? 0)
      const isMinimal = (low < 0x80 || middle > 0) && (middle < 0x80 || (high > 0 && high < 0x80))
      const length = ((low & 0x7f) | ((middle & 0x7f) << 7) | (high << 14)) >> 1
      const isWhole = (low & 1) === 1 && length > 0 && bodyAt + length <= frames.length
      if (!isMinimal || !isWhole || length > maxMessageBytes) break
      at = bodyAt + length
      count += 1
      messageBytes += length
    }
    if (count === 0) return null
    this.#at = at
    this.#count += count
    return MessageRun.ofFrames(frames, start, count, messageBytes)
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
