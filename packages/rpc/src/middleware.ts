import type { CallContext } from './context.js'

/**
 * Something around every call. `next()` carries the call out, and resolves when the handler is done and, for streams, has given its last
 * answer; what it throws is what the call fails with. Whoever does not call it has to throw.
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
    if (layer === undefined) await carryOut()
    else await layer(context, () => enter(depth + 1))
  }
  await enter(0)
  if (innermost <= middleware.length) throw new TypeError('a middleware neither called next() nor threw')
}
