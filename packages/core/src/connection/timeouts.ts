/** Throws RangeError for what a timer cannot wait for: Node would take 1 ms instead. */
export function checkTimeout(name: string, milliseconds: number): number {
  if (!(Number.isInteger(milliseconds) && milliseconds > 0 && milliseconds <= 0x7fff_ffff)) {
    throw new RangeError(
      `${name} must be a whole number of milliseconds from 1 to 2147483647, not ${JSON.stringify(milliseconds)}`,
    )
  }
  return milliseconds
}
