/** Random numbers that are the same for the same seed. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  below(below: number): number
  /** One of them. */
  oneOf<T>(choices: readonly T[]): T
}

/** Mulberry32: good enough to choose by, and small. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { below, oneOf: (choices) => choices[below(choices.length)]! }
}
