import { StalkError } from '../errors.js'
import { recordTypes } from './control-records.js'

// Messages in records: SPEC, stalk/2 §9.

/** A constant of the wire. */
const maxFramesPerRecord = 4096

const messageChannel = 0
const paddingChannel = 1
/** Numbers in frames are below 2^32, so lengths below 2^31. */
const maxVarint = 2 ** 32 - 1

/** Messages that wait to be sent, encoded, and how far the first of them has been. */
export class MessageQueue {
  #messages: Uint8Array[] = []
  #next = 0
  /** How much of the first message has left. */
  #offset = 0
  #bytes = 0

  /** Bytes that have not left. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a message of at least 1 byte (`RangeError`): it is kept, not copied. */
  push(message: Uint8Array): void {
    if (message.length === 0) throw new RangeError('a message has at least 1 byte')
    this.#messages.push(message)
    this.#bytes += message.length
  }

  /**
   * The plaintext of the next DATA record, in a new array: as many messages as it has room for, the last of them perhaps in part; null: there
   * are none.
   */
  nextRecord(maxPlaintextBytes: number): Uint8Array | null {
    if (this.#bytes === 0) return null
    const { frames, length } = this.#plan(maxPlaintextBytes)
    const record = new Uint8Array(length)
    record[0] = recordTypes.data
    let at = 1
    for (const { bytes, isFinal } of frames) {
      record[at] = messageChannel
      at = writeVarint(record, at + 1, 2 * bytes.length + (isFinal ? 1 : 0))
      record.set(bytes, at)
      at += bytes.length
    }
    return record
  }

  /** Forgets everything. */
  clear(): void {
    this.#messages = []
    this.#next = 0
    this.#offset = 0
    this.#bytes = 0
  }

  /** Takes what fits from the front. */
  #plan(maxPlaintextBytes: number): { readonly frames: readonly Frame[]; readonly length: number } {
    const frames: Frame[] = []
    let length = 1
    while (frames.length < maxFramesPerRecord) {
      const message = this.#messages[this.#next]
      if (message === undefined) break
      const left = message.length - this.#offset
      // one byte of channel; then the length, whose own bytes depend on it
      const room = maxPlaintextBytes - length - 1
      const taken = Math.min(left, room - varintBytes(2 * Math.min(left, Math.max(room, 1)) + 1))
      if (taken <= 0) break
      const bytes = message.subarray(this.#offset, this.#offset + taken)
      frames.push({ bytes, isFinal: taken === left })
      length += 1 + varintBytes(2 * taken + 1) + taken
      this.#bytes -= taken
      if (taken < left) {
        this.#offset += taken
        break
      }
      this.#dropFirst()
    }
    if (frames.length === 0) throw new RangeError(`a record of ${maxPlaintextBytes} bytes has no room for a frame`)
    return { frames, length }
  }

  #dropFirst(): void {
    this.#messages[this.#next] = noBytes
    this.#next += 1
    this.#offset = 0
    if (this.#next * 2 < this.#messages.length) return
    this.#messages = this.#messages.slice(this.#next)
    this.#next = 0
  }
}

const noBytes = new Uint8Array()

interface Frame {
  readonly bytes: Uint8Array
  readonly isFinal: boolean
}

/** Puts messages together again. */
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
   * The messages that become whole with these frames, in order; one that is whole in its frame is a view of `frames`.
   *
   * Throws FRAME_MALFORMED, FRAME_COUNT, FRAME_CHANNEL, FRAME_EMPTY, PEER_MESSAGE_TOO_LARGE.
   */
  read(frames: Uint8Array): Uint8Array[] {
    if (frames.length === 0) throw new StalkError('FRAME_EMPTY', 'a record has no frames')
    const messages: Uint8Array[] = []
    const reader = new FrameReader(frames)
    for (let count = 1; !reader.isAtEnd; count += 1) {
      const channel = reader.varint()
      const lengthAndFin = reader.varint()
      if (count > maxFramesPerRecord) {
        throw new StalkError('FRAME_COUNT', `a record has more than ${maxFramesPerRecord} frames`)
      }
      if (channel > paddingChannel) throw new StalkError('FRAME_CHANNEL', `there is no channel ${channel}`)
      const isFinal = lengthAndFin % 2 === 1
      const bytes = reader.bytes((lengthAndFin - (isFinal ? 1 : 0)) / 2)
      if (bytes.length === 0 && !isFinal) throw new StalkError('FRAME_EMPTY', 'an empty frame ends nothing')
      if (channel === paddingChannel) continue
      const message = this.#add(bytes, isFinal)
      if (message !== null) messages.push(message)
    }
    return messages
  }

  #add(bytes: Uint8Array, isFinal: boolean): Uint8Array | null {
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
    this.#buffer = noBytes
    this.#length = 0
    return message
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

/** Takes frames apart; nothing is copied. */
export class FrameReader {
  readonly #frames: Uint8Array
  #at = 0

  constructor(frames: Uint8Array) {
    this.#frames = frames
  }

  get isAtEnd(): boolean {
    return this.#at === this.#frames.length
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
}

function malformed(reason: string): StalkError {
  return new StalkError('FRAME_MALFORMED', reason)
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** Writes unsigned LEB128; gives where it ends. */
function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    target[at] = (rest % 128) + 128
    at += 1
  }
  target[at] = rest
  return at + 1
}
