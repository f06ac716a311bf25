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
    else this.#unfollow = followAbort(signal, onAbort)
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

/** Who follows a signal: many calls may share one, which has a single listener for all of them. */
interface Followers {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

const followersOf = new WeakMap<AbortSignal, Followers>()

/** Calls back when the signal aborts, until the function that this gives is called. */
function followAbort(signal: AbortSignal, onAbort: () => void): () => void {
  const followers = followersOf.get(signal) ?? listenTo(signal)
  const { callbacks, listener } = followers
  callbacks.add(onAbort)
  return () => {
    callbacks.delete(onAbort)
    if (callbacks.size > 0 || followersOf.get(signal) !== followers) return
    signal.removeEventListener('abort', listener)
    followersOf.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Followers {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    for (const tell of [...callbacks]) tell()
  }
  signal.addEventListener('abort', listener, { once: true })
  const followers = { callbacks, listener }
  followersOf.set(signal, followers)
  return followers
}
