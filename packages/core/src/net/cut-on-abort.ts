import type { Duplex } from 'node:stream'
import { abortable } from '../connection/abortable.js'

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
    // a stream that was cut need not say so, which `run` may wait for
    const result = await abortable(run(), signal)
    signal?.throwIfAborted()
    return result
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
