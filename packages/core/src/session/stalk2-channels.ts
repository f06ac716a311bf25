import type { Spack } from '@stalk/spack'
import type { PeerStatement } from '../errors.js'
import type { Priority } from '../priorities.js'
import type { ChannelTable } from './channel-table.js'
import type { MessageEncoder, MessageSizes } from './message-coding.js'
import { queueCompact, queueTyped } from './message-sending.js'
import type { SessionChannels } from './session.js'

/** What the channels need of their session. */
interface Owner {
  readonly sizes: MessageSizes
  /** Throws what poisoned the session. */
  readonly refuseIfFailed: () => void
}

/** The channels of a session: messages instead of bytes. */
export class Stalk2Channels implements SessionChannels {
  readonly #table: ChannelTable
  readonly #owner: Owner

  constructor(table: ChannelTable, owner: Owner) {
    this.#table = table
    this.#owner = owner
  }

  open(name: string, priority: Priority): number {
    return this.#table.open(name, priority)
  }

  send(id: number, message: Spack): void {
    this.#owner.refuseIfFailed()
    queueCompact(this.#table.scheduler, this.#table.outgoing(id), message, this.#owner.sizes)
  }

  sendTyped<T>(id: number, encoder: MessageEncoder<T>, value: T): void {
    this.#owner.refuseIfFailed()
    queueTyped(this.#table.scheduler, this.#table.outgoing(id), encoder, value, this.#owner.sizes)
  }

  nextBytes(id: number): number | null {
    return this.#table.nextBytes(id)
  }

  take(id: number): Uint8Array | null {
    return this.#table.take(id)
  }

  end(id: number): void {
    this.#table.end(id)
  }

  reset(id: number, statement: PeerStatement): void {
    this.#table.reset(id, statement)
  }

  discard(id: number): void {
    this.#table.discard(id)
  }

  silence(id: number): void {
    this.#table.silence(id)
  }

  consume(count: number, cost: number): void {
    this.#table.consume(count, cost)
  }

  queuedBytes(id: number): number {
    return this.#table.queuedBytes(id)
  }

  queuedMessages(id: number): number {
    return this.#table.queuedMessages(id)
  }

  sentMessages(id: number): number {
    return this.#table.sentMessages(id)
  }

  get peerIsDone(): boolean {
    return this.#table.peerIsDone
  }

  get hasControl(): boolean {
    return this.#table.scheduler.hasOutput(false)
  }
}
