/** A point of a series. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** The median of the slopes between any two points (Theil and Sen): a few that stand out do not move it. */
export function slope(points: readonly Point[]): number {
  const slopes = points.flatMap((one, index) =>
    points.slice(index + 1).flatMap((other) => (other.x === one.x ? [] : [(other.y - one.y) / (other.x - one.x)])),
  )
  if (slopes.length === 0) throw new RangeError('a slope takes two points or more')
  return median(slopes)
}

/** The points without the first quarter, in which caches fill and code is compiled. */
export function lastThreeQuarters<T>(points: readonly T[]): readonly T[] {
  return points.slice(Math.floor(points.length / 4))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
