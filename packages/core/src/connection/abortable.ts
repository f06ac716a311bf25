/** Waits for a promise; gives up with the signal’s reason when that aborts. What is waited for goes on, and must not be lost by that. */
export function abortable<Result>(waited: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return waited
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
