import { CommandError, exitCodes } from './exit-codes.js'

/** Asks a command to end in an orderly way. */
export interface Stop {
  /** Resolves with the reason of the first request. */
  readonly requested: Promise<unknown>
  /** Aborts with the same reason, for what takes a signal. */
  readonly signal: AbortSignal
  /** Asks with any reason, as a signal of the system does. */
  request(reason: unknown): void
}

/** SIGINT and SIGTERM ask once for an orderly end; the second one ends the process at once. */
export function stopOnSignals(): Stop {
  const controller = new AbortController()
  const requested = new Promise((resolve) => {
    controller.signal.addEventListener(
      'abort',
      () => {
        resolve(controller.signal.reason)
      },
      { once: true },
    )
  })
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes[name])
      controller.abort(new CommandError('STOPPED', `stopped by ${name}`, exitCodes[name]))
    })
  }
  return {
    requested,
    signal: controller.signal,
    request: (reason) => {
      controller.abort(reason)
    },
  }
}
