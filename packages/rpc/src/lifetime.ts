import { RpcError } from './errors.js'

/** How long a call may take, and who may end it before: one signal for all of that. */
export class Lifetime {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | null = null
  /** When it is over, on the clock of `performance.now()`; Infinity for never. */
  #endsAt = Infinity
  #unfollow = (): void => undefined

  /** Aborts with an RpcError, CANCELLED or DEADLINE_EXCEEDED, or with what was given to `end`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Milliseconds that are left, whole and 1 at least; undefined if there is no end. */
  get remainingMs(): number | undefined {
    if (this.#endsAt === Infinity) return undefined
    return Math.max(1, Math.ceil(this.#endsAt - performance.now()))
  }

  /** Ends it after so many milliseconds from now, in the place of what was said before. The timer holds no process: the connection does. */
  expireIn(milliseconds: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.signal.aborted) return
    this.#endsAt = performance.now() + milliseconds
    const onTime = (): void => {
      this.end(new RpcError('DEADLINE_EXCEEDED', `the call was not over after ${milliseconds} ms`))
    }
    this.#timer = setTimeout(onTime, milliseconds).unref()
  }

  /** Ends it when a signal aborts: CANCELLED. */
  follow(signal: AbortSignal): void {
    const onAbort = (): void => {
      this.end(new RpcError('CANCELLED', 'the call was cancelled', { cause: signal.reason }))
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    this.#unfollow = () => signal.removeEventListener('abort', onAbort)
  }

  /** Ends it now, unless it has ended. */
  end(reason: Error): void {
    this.release()
    this.#controller.abort(reason)
  }

  /** Lets go of the timer and of the signal that it follows: what happens from now on is no concern of this call. */
  release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#unfollow()
  }
}

/** Waits for a promise; gives up with the signal’s reason when that aborts. What is waited for goes on. */
export function abortable<Result>(waited: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
