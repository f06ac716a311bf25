/** Errors whose stack has been pointed at a caller already. */
const pointed = new WeakSet<Error>()

/**
 * Waits for a promise. If it rejects with an error that was made elsewhere (when bytes arrived, when a timer rang), the stack of that
 * error begins with whoever waits here, which is what the reader of a log looks for; what made it comes behind.
 */
export async function withCaller<Result>(waited: Promise<Result>): Promise<Result> {
  try {
    return await waited
  } catch (error) {
    // made here, after an await: so the engine knows which async functions wait for this one
    throw pointAtCaller(error, withCaller)
  }
}

/** The same for an error that is thrown at once. @param below the function whose own frame is left out, and all above it */
export function pointAtCaller(error: unknown, below: (...args: never[]) => unknown): unknown {
  if (!(error instanceof Error) || pointed.has(error)) return error
  pointed.add(error)
  const here: { stack?: string } = {}
  Error.captureStackTrace(here, below)
  const frames = framesOf(here.stack)
  const own = framesOf(error.stack)
  const header = error.stack?.slice(0, error.stack.length - own.length) ?? `${error.name}: ${error.message}`
  // an error that was made under this very call says so already
  if (frames !== '' && !own.endsWith(frames)) error.stack = `${header}${frames}${own}`
  return error
}

/** The lines that say where, each with its line break before it. */
function framesOf(stack = ''): string {
  return /(?:\n {4}at [^\n]*)+$/u.exec(stack)?.[0] ?? ''
}
