import { StalkError } from '../errors.js'
import { MessageAssembler, type Frame } from '../stalk2/frames.js'
import type { ReceiveWindow } from '../stalk2/receive-window.js'
import { messageCostBytes, type MessageRun } from '../message-run.js'

/** A message that came, encoded, and what it cost the peer in credit. */
export interface IncomingMessage {
  readonly bytes: Uint8Array
  readonly cost: number
}

/** What comes on one channel: frames in, whole messages out, and the peer’s credit for them. */
export class IncomingChannel {
  readonly #assembler: MessageAssembler
  /** Null: there is no credit, the line itself is held back. */
  readonly #window: ReceiveWindow | null
  /** Whole, and not read yet. */
  #unread: (IncomingMessage | undefined)[] = []
  #next = 0
  #unreadCost = 0
  /** Messages that were handed out and not consumed yet. */
  #lent = 0
  /** What the frames of the message that goes on have cost. */
  #begunCost = 0
  #isUnwanted = false

  constructor(maxMessageBytes: number, window: ReceiveWindow | null) {
    this.#assembler = new MessageAssembler(maxMessageBytes)
    this.#window = window
  }

  get isInMessage(): boolean {
    return this.#begunCost > 0
  }

  get hasUnread(): boolean {
    return this.#next < this.#unread.length
  }

  /** Takes a frame: the message that it completes. Throws CHANNEL_CREDIT_EXCEEDED, FRAME_EMPTY, PEER_MESSAGE_TOO_LARGE. */
  read(frame: Frame): IncomingMessage | null {
    const cost = frame.bytes.length + (frame.isFinal ? messageCostBytes : 0)
    this.#window?.receive(cost)
    if (this.#isUnwanted) return this.#ignore(frame, cost)
    const bytes = this.#assembler.add(frame)
    this.#begunCost += cost
    if (bytes === null) return null
    const message = { bytes, cost: this.#begunCost }
    this.#begunCost = 0
    return message
  }

  /** Takes messages that are whole in their frames, which nobody is in the middle of another one of. Throws CHANNEL_CREDIT_EXCEEDED. */
  readRun({ costLeft }: MessageRun): void {
    this.#window?.receive(costLeft)
  }

  /** Keeps a message until it is read. */
  keep({ bytes, cost }: IncomingMessage): void {
    if (this.#isUnwanted) {
      this.#window?.consume(cost)
      return
    }
    // a view would keep the whole record that it came in
    const isSmallPart = bytes.length * 2 < bytes.buffer.byteLength
    this.#unreadCost += cost
    this.#unread.push({ bytes: isSmallPart ? bytes.slice() : bytes, cost })
  }

  /** What the messages that were not read cost the peer. */
  get unreadCost(): number {
    return this.#unreadCost
  }

  /** How many bytes the first message has that was not read; null: there is none. */
  get nextBytes(): number | null {
    return this.#unread[this.#next]?.bytes.length ?? null
  }

  /** The first message that was not read; null: there is none. */
  take(): IncomingMessage | null {
    const message = this.#unread[this.#next]
    if (message === undefined) return null
    this.#unread[this.#next] = undefined
    this.#next += 1
    if (this.#next * 2 >= this.#unread.length) {
      this.#unread = this.#unread.slice(this.#next)
      this.#next = 0
    }
    this.#window?.consume(message.cost)
    this.#unreadCost -= message.cost
    this.grant()
    return message
  }

  /** So many messages were handed out, and will be consumed later. */
  lend(count: number): void {
    this.#lent += count
  }

  /** Messages that were handed out, and cost so much, were consumed. */
  consume(count: number, cost: number): void {
    this.#lent -= count
    this.#window?.consume(cost)
    this.grant()
  }

  /** Grants the peer what is due. */
  grant(): void {
    this.#window?.update(this.hasUnread || this.#lent > 0)
  }

  /** Nobody will read any more: what is here is dropped, what comes is ignored. */
  discard(): void {
    if (this.#isUnwanted) return
    this.#isUnwanted = true
    const cost = this.#begunCost + this.#unreadCost
    this.#unreadCost = 0
    this.#unread = []
    this.#next = 0
    this.#assembler.clear()
    this.#window?.consume(cost)
    this.grant()
  }

  /** The peer ends it. Throws MESSAGE_TRUNCATED. */
  end(): void {
    if (this.isInMessage) {
      throw new StalkError('MESSAGE_TRUNCATED', 'the peer ended its direction in the middle of a message')
    }
    this.#window?.close()
  }

  /** There is no such channel any more. */
  drop(): void {
    this.discard()
    this.#window?.close()
  }

  #ignore({ bytes, isFinal }: Frame, cost: number): null {
    if (bytes.length === 0 && this.#begunCost === 0) throw new StalkError('FRAME_EMPTY', 'a message has no bytes')
    this.#begunCost = isFinal ? 0 : this.#begunCost + cost
    this.#window?.consume(cost)
    return null
  }
}
