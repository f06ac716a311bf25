import { yieldToLoop } from '@stalk/core'
import { abortable } from './lifetime.js'

/** Values one after the other: what a stream is made of. */
export type Stream<T> = Iterable<T> | AsyncIterable<T>

/**
 * Hands every value of a stream to `take`, one after the other, until there are no more or the signal aborts, and then lets go of it.
 * Throws what the stream or `take` throws, or the signal’s reason.
 */
export async function drain<T>(
  stream: Stream<T>,
  signal: AbortSignal,
  take: (value: T) => Promise<void>,
): Promise<void> {
  const iterator = iteratorOf(stream)
  let isOver = false
  try {
    for (;;) {
      // a stream that waits for something would not notice that nobody wants it any more
      const turn = yieldToLoop()
      if (turn !== null) await turn
      const next = await abortable(Promise.resolve(iterator.next()), signal)
      if (next.done === true) {
        isOver = true
        return
      }
      await take(next.value)
    }
  } finally {
    if (!isOver) letGo(iterator)
  }
}

/** Tells a stream that was never begun that nothing is wanted of it: a file that it reads, for instance, is closed. */
export function letGoOf(stream: Stream<unknown>): void {
  try {
    letGo(iteratorOf(stream))
  } catch {
    // it is no stream at all, which whoever gave it is told
  }
}

function iteratorOf<T>(stream: Stream<T>): Iterator<T, unknown> | AsyncIterator<T, unknown> {
  // callers without types may give anything
  const given = stream as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined
  const iterator = given?.[Symbol.asyncIterator]?.() ?? given?.[Symbol.iterator]?.()
  if (iterator === undefined)
    throw new TypeError('expected something to iterate over, such as an array or an async generator')
  return iterator
}

/** Tells it that nothing more is wanted, and waits for nothing: it may be waiting itself. */
function letGo(iterator: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>): void {
  try {
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  } catch {
    // it has ended with an error of its own, of which nobody waits to hear
  }
}
