import { isRpcError } from './errors.js'
import { abortable } from './lifetime.js'
import { checkOptions, MAX_TIMEOUT_MS, wholeNumber } from './options.js'

/** How often, and when, a call is made again that may not have been looked at. */
export interface Retry {
  /** Calls in all, the first one included: 3 unless told otherwise, 10 at most. */
  readonly attempts: number
  /** Before the second call: a random time up to this. 100 unless told otherwise. */
  readonly firstMs: number
  /** It doubles with every call, up to this: 5,000 unless told otherwise. */
  readonly maxMs: number
}

/** true for the defaults, false for none. */
export type RetryOption = boolean | Partial<Retry>

const defaultRetry: Retry = { attempts: 3, firstMs: 100, maxMs: 5_000 }

/** No more than the one call. */
export const noRetry: Retry = { ...defaultRetry, attempts: 1 }

/** @throws TypeError, RangeError for what makes no sense */
export function resolveRetry(option: RetryOption): Retry {
  if (option === false) return noRetry
  if (option === true) return defaultRetry
  checkOptions('retry', option, ['attempts', 'firstMs', 'maxMs'])
  const retry = { ...defaultRetry, ...option }
  wholeNumber('retry.attempts', retry.attempts, 1, 10)
  wholeNumber('retry.firstMs', retry.firstMs, 1, MAX_TIMEOUT_MS)
  wholeNumber('retry.maxMs', retry.maxMs, 1, MAX_TIMEOUT_MS)
  return retry
}

/** Milliseconds before the call after so many that failed: exponential, with full jitter. @param random from 0 to 1 */
export function retryDelay({ firstMs, maxMs }: Retry, failures: number, random: number): number {
  return Math.floor(random * Math.min(maxMs, firstMs * 2 ** (failures - 1)))
}

/** Makes a call until it is answered, fails for good, or was made often enough. @param comesBack whether the connection does once it is lost */
export async function withRetry<Result>(
  { retry, comesBack }: { readonly retry: Retry; readonly comesBack: boolean },
  signal: AbortSignal,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call()
    } catch (error) {
      if (failures >= retry.attempts || !isPassing(error, comesBack)) throw error
      await pause(retryDelay(retry, failures, Math.random()), signal)
    }
  }
}

/** Whether it may well go better the next time. */
function isPassing(error: unknown, comesBack: boolean): boolean {
  return isRpcError(error) && (error.code === 'UNAVAILABLE' || (comesBack && error.code === 'CONNECTION_LOST'))
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const lapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await abortable(lapsed, signal).finally(() => clearTimeout(timer))
}
