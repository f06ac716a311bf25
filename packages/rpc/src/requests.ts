/** The requests of a call, as the handler asks for them: what it does not ask for waits with the peer. */
export class Requests implements AsyncIterableIterator<unknown, undefined> {
  readonly #receive: () => Promise<{ readonly value: unknown } | null>
  #isOver = false

  /** @param receive the next one; null: there are no more */
  constructor(receive: () => Promise<{ readonly value: unknown } | null>) {
    this.#receive = receive
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const next = this.#next()
    // a handler that asks and goes its own way must not end the process
    next.catch(() => undefined)
    return next
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#isOver = true
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#isOver) return done
    const received = await this.#receive()
    if (received !== null) return { done: false, value: received.value }
    this.#isOver = true
    return done
  }
}

const done = { done: true, value: undefined } as const
