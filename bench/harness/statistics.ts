export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** @param part between 0 and 1 */
export function quantile(values: Float64Array, part: number): number {
  return values.toSorted()[Math.min(values.length - 1, Math.floor(values.length * part))]!
}
