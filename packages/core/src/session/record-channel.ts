import { StalkError, type PeerStatement } from '../errors.js'
import type { Limits } from '../limits.js'
import type { ByteQueue } from '../stalk2/byte-queue.js'
import {
  closeCodes,
  encodeClose,
  encodePing,
  encodePong,
  readRecordBody,
  type RecordBody,
} from '../stalk2/control-records.js'
import { RecordOpener, RecordSealer, type RecordNumbers } from '../stalk2/record-layer.js'
import type { TransportKeys } from '../stalk2/transport-keys.js'
import { ChannelTable } from './channel-table.js'

export interface RecordChannelOptions {
  readonly keys: TransportKeys
  readonly limits: Limits
  /** Others than the wire constants: only for tests. */
  readonly recordNumbers?: RecordNumbers | undefined
}

/** Records both ways, from the moment at which there are keys. What is said is sealed when it leaves, in one order. */
export class RecordChannel {
  readonly #sealer: RecordSealer
  readonly #opener: RecordOpener
  readonly channels: ChannelTable
  readonly #maxRecordBytes: number
  /** Plaintexts of records that go before all messages. */
  #urgent: Uint8Array[] = []
  /** Only the newest is answered: a flood must not queue up. */
  #pong: Uint8Array | null = null
  #closing: PeerStatement | null = null
  /** Whether DONE was said, which says as much as CLOSE but that credit may still be granted. */
  #hasClosed = false
  #peerHasClosed = false

  constructor({ keys, limits, recordNumbers }: RecordChannelOptions) {
    this.#sealer = new RecordSealer(keys.send, recordNumbers)
    this.#opener = new RecordOpener(keys.receive, recordNumbers)
    this.channels = new ChannelTable(limits)
    this.#maxRecordBytes = limits.maxRecordBytes
  }

  /** Bytes of messages that are queued. */
  get queuedBytes(): number {
    return this.channels.scheduler.bytes
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

  /** Whether nothing of the peer means anything to us: with channels, it must first let go what is queued before our CLOSE. */
  get isDeaf(): boolean {
    return this.endsBoth && (this.#hasClosed || !this.channels.isEnabled)
  }

  /** Whether signs of life are over: with channels the two sides go on until both have sent their last. */
  get isSilent(): boolean {
    return this.channels.isEnabled ? this.#hasClosed || this.endsBoth : this.#closing !== null
  }

  /**
   * The next record; null: more bytes are needed. A CLOSE ends the peer’s direction.
   *
   * Throws RECORD_*.
   */
  next(queue: ByteQueue): RecordBody | null {
    if (this.#peerHasClosed) {
      throw new StalkError('RECORD_AFTER_CLOSE', 'bytes came after the peer had ended its direction')
    }
    const plaintext = this.#opener.next(queue)
    if (plaintext === null) return null
    const record = readRecordBody(plaintext)
    if (record.type === 'close') this.#peerHasClosed = true
    return record
  }

  /**
   * The line of the peer has ended; false: too early. A peer that was done may leave without CLOSE, unless something of ours waits for
   * credit, which cannot come any more.
   */
  receiveEnd(): boolean {
    if (this.channels.peerIsDone && this.queuedBytes === 0) this.#peerHasClosed = true
    return this.#peerHasClosed || this.endsBoth
  }

  /** Says the plaintext of a record, before all messages. */
  say(plaintext: Uint8Array): void {
    this.#urgent.push(plaintext)
  }

  /** False: it cannot be said, or not be answered. Whoever has sent CLOSE says nothing more. */
  ping(data: Uint8Array): boolean {
    if (this.isSilent || this.#peerHasClosed) return false
    this.say(encodePing(data))
    return true
  }

  pong(data: Uint8Array): void {
    if (!this.isSilent) this.#pong = data.slice()
  }

  /** Ends our direction after what is queued. */
  close(statement: PeerStatement): void {
    this.#closing ??= statement
  }

  /**
   * Seals what is to be said onto the end of `output`, until that has so many bytes or a little more. Throws CONNECTION_EXPIRED after what
   * could still be sealed.
   */
  takeOutput(output: Uint8Array[], withMessages: boolean, maxBytes: number): void {
    if (this.#hasClosed) return
    for (let plaintext = this.#urgent.shift(); plaintext !== undefined; plaintext = this.#urgent.shift()) {
      output.push(this.#sealer.seal(plaintext))
    }
    if (this.#pong !== null) {
      const data = this.#pong
      this.#pong = null
      output.push(this.#sealer.seal(encodePong(data)))
    }
    this.#sealMessages(output, withMessages, maxBytes)
    if (this.#closing === null || this.queuedBytes > 0 || this.channels.scheduler.hasOutput(true)) return
    if (!this.#mayClose(this.#closing)) {
      this.#sayDone(this.#closing)
      this.#sealMessages(output, withMessages, maxBytes)
      return
    }
    output.push(this.#sealer.seal(encodeClose(this.#closing)))
    this.#hasClosed = true
  }

  /** Drops what is queued and ends both directions with this record, if there is still a place for one; wipes the keys. */
  lastWord(output: Uint8Array[], plaintext: Uint8Array | null): void {
    this.channels.scheduler.clear()
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

  /** Makes now what the next record of either side would have to wait for. */
  prepare(): void {
    this.#sealer.prepare()
    this.#opener.prepare()
  }

  forgetPrepared(): void {
    this.#sealer.forgetPrepared()
    this.#opener.forgetPrepared()
  }

  wipe(): void {
    this.#sealer.wipe()
    this.#opener.wipe()
  }

  /** Nothing is granted after CLOSE: with channels, a peer that goes on could wait for ever. */
  #mayClose({ code }: PeerStatement): boolean {
    const { isEnabled, peerIsDone } = this.channels
    return code !== closeCodes.done || !isEnabled || peerIsDone
  }

  #sayDone({ reason }: PeerStatement): void {
    this.channels.done(reason)
  }

  #sealMessages(output: Uint8Array[], withMessages: boolean, maxBytes: number): void {
    const { scheduler } = this.channels
    for (let bytes = 0; bytes < maxBytes && scheduler.hasOutput(withMessages);) {
      // asked first: a record that was made and not sent would be lost from the middle
      if (this.#sealer.isAtLast) {
        throw new StalkError(
          'CONNECTION_EXPIRED',
          'this side has sent all records that one connection may: connect anew',
        )
      }
      const plaintext = scheduler.nextRecord(this.#maxRecordBytes, withMessages)
      if (plaintext === null) return
      for (const part of this.#sealer.sealParts(plaintext)) {
        output.push(part)
        bytes += part.length
      }
    }
  }
}
