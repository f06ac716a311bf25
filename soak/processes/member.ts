import type { Connection } from '@stalk/core'
import { message, verify } from '../harness/messages.js'

/** One client: it numbers what it says, and verifies each answer. */
export class Member {
  readonly connection: Connection
  readonly #id: number
  /** When what is not answered yet was due, the oldest first. */
  readonly #due: number[] = []
  #sent = 0
  #answered = 0
  #wrong = 0
  /** Told of every right answer, with the milliseconds since it was due. */
  onAnswer: ((milliseconds: number) => void) | null = null

  constructor(connection: Connection, id: number) {
    this.connection = connection
    this.#id = id
    void this.#receiveAll()
  }

  get sent(): number {
    return this.#sent
  }

  get wrong(): number {
    return this.#wrong
  }

  get unanswered(): number {
    return this.#due.length
  }

  /** @param due when it ought to have been sent: lateness of ours counts */
  say(due: number = performance.now()): void {
    this.#due.push(due)
    this.connection.send(message('client', this.#id, this.#sent))
    this.#sent += 1
  }

  async #receiveAll(): Promise<void> {
    try {
      for await (const received of this.connection) {
        const isRight = verify(received, 'server', this.#answered) === this.#id
        const due = this.#due.shift()
        this.#answered += 1
        if (isRight && due !== undefined) this.onAnswer?.(performance.now() - due)
        else this.#wrong += 1
      }
    } catch {
      // its crowd hears of it from the connection
    }
  }
}
