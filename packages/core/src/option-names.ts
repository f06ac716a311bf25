/**
 * Throws TypeError for options that are no object, and for a name that is no option: a misspelt one must not go unnoticed.
 *
 * @param what begins the message: `save`
 */
export function checkNames(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${what} takes its options as an object`)
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `${what} has no option ${name}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`,
      )
    }
  }
}
