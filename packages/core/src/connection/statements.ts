/** Throws TypeError or RangeError for what has no room as a reason. */
export function checkReason(reason: unknown): void {
  if (typeof reason !== 'string') throw new TypeError('reason must be a string')
  if (new TextEncoder().encode(reason).length > 255) throw new RangeError('reason is at most 255 bytes of UTF-8')
}
