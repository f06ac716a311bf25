import { clearCounts } from './coverage/counters.js'
import { Coverage } from './coverage/coverage.js'
import type { Shorter, Target } from './target.js'

interface Candidate {
  readonly input: Uint8Array
  readonly features: readonly number[]
}

/** How often one input is run to make it shorter. */
const maxTries = 100

/**
 * The part of a corpus that reaches as much as all of it, beyond the target’s seeds: greedily, whatever adds most first. Then each input is
 * shortened as long as it reaches what it was chosen for.
 */
export function minimise(target: Target, corpus: readonly Uint8Array[]): Uint8Array[] {
  const coverage = new Coverage()
  const featuresOf = (input: Uint8Array): number[] => {
    clearCounts()
    return coverage.features(target.run(input))
  }
  // what is done once and remembered belongs to nobody’s input
  for (const input of [...target.seeds, ...corpus]) featuresOf(input)
  const covered = new Set(target.seeds.flatMap(featuresOf))
  const candidates = corpus.map((input) => ({ input, features: featuresOf(input) }))
  return chosen(candidates, covered).map(({ input, features }) =>
    shortened(input, features, { featuresOf, shorter: target.shorter ?? withoutPart }),
  )
}

/** Inputs in the order of what they add, each with that. */
function chosen(candidates: readonly Candidate[], covered: Set<number>): Candidate[] {
  const kept: Candidate[] = []
  let left = candidates
  for (;;) {
    left = left
      .map(({ input, features }) => ({ input, features: features.filter((feature) => !covered.has(feature)) }))
      .filter(({ features }) => features.length > 0)
    if (left.length === 0) return kept
    const best = left.reduce((one, other) => (isBetter(other, one) ? other : one))
    kept.push(best)
    for (const feature of best.features) covered.add(feature)
  }
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const more = one.features.length - other.features.length
  return more === 0 ? one.input.length < other.input.length : more > 0
}

function shortened(
  input: Uint8Array,
  needed: readonly number[],
  { featuresOf, shorter }: { readonly featuresOf: (input: Uint8Array) => number[]; readonly shorter: Shorter },
): Uint8Array {
  let best = input
  let tries = 0
  for (let at = 0; tries < maxTries; tries += 1) {
    const candidate = shorter(best, at)
    if (candidate === null) break
    const reached = new Set(featuresOf(candidate))
    if (needed.every((feature) => reached.has(feature))) best = candidate
    else at += 1
  }
  return best
}

/** Without a half of it, then without a quarter, and so on. */
function withoutPart(input: Uint8Array, index: number): Uint8Array | null {
  const level = Math.floor(Math.log2(index + 2))
  const size = input.length >> level
  const at = (index + 2 - 2 ** level) * size
  return size === 0 ? null : new Uint8Array(Buffer.concat([input.subarray(0, at), input.subarray(at + size)]))
}
