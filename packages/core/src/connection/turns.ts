/** How long loops over what is here already may keep everybody else waiting. */
const MAX_TURN_MS = 5

let turn: Promise<void> | null = null
let beganAt = 0

/**
 * For loops that would go on for long without ever waiting: null as long as this turn of the event loop is short, then a promise that
 * resolves in the next one, so that others get their turn. All loops of a process share the time.
 *
 * ```ts
 * const turn = yieldToLoop()
 * if (turn !== null) await turn
 * ```
 */
export function yieldToLoop(): Promise<void> | null {
  if (turn === null) {
    turn = new Promise((resolve) => {
      setImmediate(() => {
        turn = null
        resolve()
      })
    })
    beganAt = performance.now()
    return null
  }
  return performance.now() - beganAt < MAX_TURN_MS ? null : turn
}

/** What is waited for, and the next turn of the event loop if this one is long: the kernel takes messages as fast as they come. */
export async function afterTurn(waited: Promise<void>): Promise<void> {
  await waited
  const next = yieldToLoop()
  if (next !== null) await next
}
