import type { CallContext } from './context.js'

/**
 * Something around every call. `next()` carries the call out, and resolves when the handler is done and, for streams, has given its last
 * answer; what it throws is what the call fails with, unless the middleware throws something else: an error that is kept back is one all
 * the same. Whoever does not call it has to throw; whoever does not wait for it learns nothing of how the call ends.
 *
 * ```ts
 * const timed: Middleware = async (context, next) => {
 *   const startedAt = performance.now()
 *   try {
 *     await next()
 *   } finally {
 *     console.log(context.method, performance.now() - startedAt)
 *   }
 * }
 * ```
 */
export type Middleware = (context: CallContext, next: () => Promise<void>) => Promise<void> | void

/** Carries a call out inside of all middleware, the first one outermost. */
export async function throughMiddleware(
  middleware: readonly Middleware[],
  context: CallContext,
  carryOut: () => Promise<void>,
): Promise<void> {
  let innermost = 0
  const enter = async (depth: number): Promise<void> => {
    if (depth < innermost || innermost > middleware.length) throw new TypeError('a middleware called next() twice')
    innermost = depth + 1
    const layer = middleware[depth]
    if (layer === undefined) {
      await carryOut()
      return
    }
    let inner = Promise.resolve()
    await layer(context, () => {
      inner = enter(depth + 1)
      // whoever does not wait for it must not end the process
      inner.catch(() => undefined)
      return inner
    })
    // the call ends as it does, however much the middleware has seen of that
    await inner
  }
  await enter(0)
  if (innermost <= middleware.length) throw new TypeError('a middleware neither called next() nor threw')
}
