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
