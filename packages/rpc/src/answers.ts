import type { ClientCall } from './client-call.js'
import { RpcError } from './errors.js'
import type { Lifetime } from './lifetime.js'

/**
 * The answers of a call, in order, as they are asked for: what nobody asks for waits with the peer. To be iterated over once. Leaving
 * the loop early, or `return()`, cancels the call; what it failed with is thrown by `next()`.
 */
export class Answers<T> implements AsyncIterableIterator<T, undefined> {
  readonly #opening: Promise<ClientCall>
  readonly #lifetime: Lifetime
  #isOver = false

  /** @internal */
  constructor(opening: Promise<ClientCall>, lifetime: Lifetime) {
    this.#opening = opening
    this.#lifetime = lifetime
    const release = (): void => lifetime.release()
    // whoever never asks for an answer is not told, and leaves nothing behind once the call is over
    opening.then((call) => call.closed.then(release), release)
  }

  /** @throws RpcError for what the call failed with, once; then there are no more */
  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isOver) return done
    try {
      this.#lifetime.signal.throwIfAborted()
      const call = await this.#opening
      const answer = await call.receive()
      if (answer !== null) return { done: false, value: answer.value as T }
    } catch (error) {
      if (!this.#hasEnded()) throw error
    }
    this.#hasEnded()
    return done
  }

  /** Cancels the call, unless it is over. Never rejects. */
  return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#hasEnded()) this.#lifetime.end(new RpcError('CANCELLED', 'the caller wants no more answers'))
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** `await using`: cancels the call at the end of the block, unless it is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Ends it, and says whether it had ended before. */
  #hasEnded(): boolean {
    const hadEnded = this.#isOver
    this.#isOver = true
    this.#lifetime.release()
    return hadEnded
  }
}

const done = { done: true, value: undefined } as const
