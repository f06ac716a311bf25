import type { Duplex } from 'node:stream'

/** Does what needs the line; if the signal aborts meanwhile, the line is cut and the signal’s reason is thrown. */
export async function cutOnAbort<Result>(
  socket: Duplex,
  signal: AbortSignal | undefined,
  run: () => Promise<Result>,
): Promise<Result> {
  const onAbort = (): void => void socket.destroy()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal?.aborted) onAbort()
    const result = await run()
    signal?.throwIfAborted()
    return result
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
