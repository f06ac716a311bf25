import type { Spack } from '@stalk/spack'
import type { Connection } from '../connection/connection.js'
import type { Limits } from '../limits.js'

/** Connections from which there may be messages to receive, the oldest first: those that are lost while anything is unread, and the newest. */
export class MessageSources {
  readonly #limits: Pick<Limits, 'maxUnreadBytes' | 'maxUnreadMessages'>
  #connections: Connection[] = []

  constructor(limits: Pick<Limits, 'maxUnreadBytes' | 'maxUnreadMessages'>) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#connections.length === 0
  }

  /** Whether more is unread, of all of them, than one connection may have. */
  get isFull(): boolean {
    let [bytes, messages] = [0, 0]
    for (const connection of this.#connections) {
      const { unreadBytes, unreadMessages } = connection.metrics()
      bytes += unreadBytes
      messages += unreadMessages
    }
    return bytes > this.#limits.maxUnreadBytes || messages > this.#limits.maxUnreadMessages
  }

  add(connection: Connection): void {
    this.#connections.push(connection)
  }

  /** It is lost: what it has is still received. */
  lost(connection: Connection): void {
    if (connection.metrics().unreadMessages === 0) this.#remove(connection)
  }

  clear(): void {
    this.#connections = []
  }

  /** The next message of the oldest; null: it has no more, and another may have. */
  async receive(signal: AbortSignal | undefined): Promise<Spack | null> {
    const [oldest] = this.#connections
    if (oldest === undefined) return null
    try {
      const message = await oldest.receive({ signal })
      if (message !== null) return message
    } catch {
      // lost: another one will follow
      signal?.throwIfAborted()
    }
    this.#remove(oldest)
    return null
  }

  #remove(connection: Connection): void {
    this.#connections = this.#connections.filter((other) => other !== connection)
  }
}
