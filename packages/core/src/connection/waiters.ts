interface Waiter<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: Error) => void
}

/** Calls that wait for something, answered in their order. */
export class Waiters<Value> {
  #waiters: Waiter<Value>[] = []

  get isEmpty(): boolean {
    return this.#waiters.length === 0
  }

  /** @param signal gives up waiting: rejects with its reason */
  add(signal: AbortSignal | undefined): Promise<Value> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(signal?.reason as Error)
      }
      const settle = (): void => signal?.removeEventListener('abort', onAbort)
      const waiter: Waiter<Value> = {
        resolve: (value) => {
          settle()
          resolve(value)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  resolveFirst(value: Value): void {
    this.#waiters.shift()?.resolve(value)
  }

  resolveAll(value: Value): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(value)
  }

  rejectAll(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}
