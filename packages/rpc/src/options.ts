/**
 * Throws TypeError for options that are no object, and for a name that is no option: a misspelt one must not go unnoticed.
 *
 * @param what begins the message: `serve`
 */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${what} takes its options as an object`)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${what} has no option ${name}; there are ${known.join(', ')}`)
  }
}

/** Gives a whole number within bounds. @throws RangeError */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
}

/** The most that a timer of Node waits for, 24 days. */
export const MAX_TIMEOUT_MS = 0x7fff_ffff
