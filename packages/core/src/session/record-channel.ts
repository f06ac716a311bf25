import { StalkError, type PeerStatement } from '../errors.js'
import type { ByteQueue } from '../stalk2/byte-queue.js'
import {
  closeCodes,
  encodeClose,
  encodePing,
  encodePong,
  readRecordBody,
  type RecordBody,
} from '../stalk2/control-records.js'
import { MessageAssembler, MessageQueue } from '../stalk2/frames.js'
import { RecordOpener, RecordSealer, type RecordNumbers } from '../stalk2/record-layer.js'
import type { TransportKeys } from '../stalk2/transport-keys.js'

export interface RecordChannelOptions {
  readonly keys: TransportKeys
  /** Longest message that is accepted. */
  readonly maxMessageBytes: number
  /** Longest plaintext of a DATA record that is sent. */
  readonly maxRecordBytes: number
  /** Others than the wire constants: only for tests. */
  readonly recordNumbers?: RecordNumbers | undefined
}

/** Records both ways, from the moment at which there are keys. What is said is sealed when it leaves, in one order. */
export class RecordChannel {
  readonly #sealer: RecordSealer
  readonly #opener: RecordOpener
  readonly #messages = new MessageQueue()
  readonly #assembler: MessageAssembler
  readonly #maxRecordBytes: number
  /** Plaintexts of records that go before all messages. */
  #urgent: Uint8Array[] = []
  /** Only the newest is answered: a flood must not queue up. */
  #pong: Uint8Array | null = null
  #closing: PeerStatement | null = null
  #hasClosed = false
  #peerHasClosed = false

  constructor({ keys, maxMessageBytes, maxRecordBytes, recordNumbers }: RecordChannelOptions) {
    this.#sealer = new RecordSealer(keys.send, recordNumbers)
    this.#opener = new RecordOpener(keys.receive, recordNumbers)
    this.#assembler = new MessageAssembler(maxMessageBytes)
    this.#maxRecordBytes = maxRecordBytes
  }

  /** Bytes of messages that are queued. */
  get queuedBytes(): number {
    return this.#messages.bytes
  }

  /** Whether our CLOSE was said, if not yet sent. */
  get isClosing(): boolean {
    return this.#closing !== null
  }

  get peerHasClosed(): boolean {
    return this.#peerHasClosed
  }

  /** Whether our CLOSE has left and nothing else can come: the peer’s has come, too, or ours ended both directions. */
  get isOver(): boolean {
    return this.#hasClosed && (this.#peerHasClosed || this.endsBoth)
  }

  /** Whether our CLOSE ends the peer’s direction, too. */
  get endsBoth(): boolean {
    return this.#closing !== null && this.#closing.code !== closeCodes.done
  }

  /**
   * The next record; null: more bytes are needed. A CLOSE ends the peer’s direction.
   *
   * Throws RECORD_*, MESSAGE_TRUNCATED.
   */
  next(queue: ByteQueue): RecordBody | null {
    if (this.#peerHasClosed) {
      throw new StalkError('RECORD_AFTER_CLOSE', 'bytes came after the peer had ended its direction')
    }
    const plaintext = this.#opener.next(queue)
    if (plaintext === null) return null
    const record = readRecordBody(plaintext)
    if (record.type === 'close') {
      this.#peerHasClosed = true
      if (record.statement.code === closeCodes.done && this.#assembler.isInMessage) {
        throw new StalkError('MESSAGE_TRUNCATED', 'the peer ended its direction in the middle of a message')
      }
    }
    return record
  }

  /** The messages that a DATA record completes, encoded. Throws FRAME_*, PEER_MESSAGE_TOO_LARGE. */
  messagesOf(frames: Uint8Array): Uint8Array[] {
    return this.#assembler.read(frames)
  }

  /** Queues a message, encoded; it is kept, not copied. */
  send(message: Uint8Array): void {
    this.#messages.push(message)
  }

  /** Says the plaintext of a record, before all messages. */
  say(plaintext: Uint8Array): void {
    this.#urgent.push(plaintext)
  }

  ping(data: Uint8Array): void {
    if (this.#closing === null) this.say(encodePing(data))
  }

  pong(data: Uint8Array): void {
    if (this.#closing === null) this.#pong = data.slice()
  }

  /** Ends our direction after what is queued. */
  close(statement: PeerStatement): void {
    this.#closing ??= statement
  }

  /** Seals what is to be said onto the end of `output`. Throws CONNECTION_EXPIRED after what could still be sealed. */
  takeOutput(output: Uint8Array[], withMessages: boolean): void {
    if (this.#hasClosed) return
    for (let plaintext = this.#urgent.shift(); plaintext !== undefined; plaintext = this.#urgent.shift()) {
      output.push(this.#sealer.seal(plaintext))
    }
    if (this.#pong !== null) {
      const data = this.#pong
      this.#pong = null
      output.push(this.#sealer.seal(encodePong(data)))
    }
    if (withMessages) this.#sealMessages(output)
    if (this.#closing === null || this.#messages.bytes > 0) return
    output.push(this.#sealer.seal(encodeClose(this.#closing)))
    this.#hasClosed = true
  }

  /** Drops what is queued and ends both directions with this record, if there is still a place for one; wipes the keys. */
  lastWord(output: Uint8Array[], plaintext: Uint8Array | null): void {
    this.#messages.clear()
    this.#urgent = []
    this.#pong = null
    try {
      if (plaintext !== null && !this.#hasClosed) output.push(this.#sealer.seal(plaintext))
    } catch {
      // the very last counter takes one record only, and this is not it
    }
    this.#hasClosed = true
    this.wipe()
  }

  wipe(): void {
    this.#sealer.wipe()
    this.#opener.wipe()
  }

  #sealMessages(output: Uint8Array[]): void {
    for (;;) {
      // asked first: a record that was made and not sent would be lost from the middle
      if (this.#messages.bytes > 0 && this.#sealer.isAtLast) {
        throw new StalkError(
          'CONNECTION_EXPIRED',
          'this side has sent all records that one connection may: connect anew',
        )
      }
      const plaintext = this.#messages.nextRecord(this.#maxRecordBytes)
      if (plaintext === null) return
      output.push(this.#sealer.seal(plaintext))
    }
  }
}
