import { Bounds } from './bounds.js'
import { Coverage } from './coverage/coverage.js'
import { clearCounts } from './coverage/counters.js'
import { mutate } from './mutate.js'
import { seededRandom, type Random } from './random.js'
import type { Target } from './target.js'

export interface FuzzOptions {
  readonly seed: number
  /** Inputs of earlier runs. */
  readonly corpus: readonly Uint8Array[]
  /** Asked before every execution. */
  readonly goesOn: (executions: number) => boolean
  /** Told of every input before it is run. */
  readonly onInput?: (input: Uint8Array) => void
}

export interface FuzzResult {
  readonly executions: number
  readonly coverage: Coverage
  /** Inputs that reached what none of the corpus reaches: other blocks, another number of times, or another outcome. */
  readonly found: readonly Uint8Array[]
  readonly failure: { readonly input: Uint8Array; readonly error: unknown } | null
}

/** Runs a target on its seeds, the corpus and changed copies of both, until it fails or `goesOn` says no. */
export function fuzz(target: Target, { seed, corpus, goesOn, onInput }: FuzzOptions): FuzzResult {
  const random = seededRandom(seed)
  const known = [...target.seeds, ...corpus]
  const given = known.length
  const coverage = new Coverage()
  const bounds = new Bounds()
  let executions = 0
  let input: Uint8Array = new Uint8Array()
  const result = (failure: FuzzResult['failure']): FuzzResult => ({
    executions,
    coverage,
    found: known.slice(given),
    failure,
  })
  clearCounts()
  try {
    for (; executions < given || goesOn(executions); executions += 1) {
      input = executions < given ? known[executions]! : changed(target, known, random)
      onInput?.(input)
      const outcome = bounds.check(input, () => target.run(input))
      if (coverage.add(outcome) && executions >= given) known.push(input)
    }
  } catch (error) {
    return result({ input, error })
  }
  return result(null)
}

function changed(target: Target, known: readonly Uint8Array[], random: Random): Uint8Array {
  // half of the time one of the newest, which led somewhere new
  const newest = Math.max(1, known.length >> 3)
  const parent = known[known.length - 1 - random.below(random.below(2) === 0 ? newest : known.length)]!
  const change = target.mutate !== undefined && random.below(4) > 0 ? target.mutate : mutate
  return change(parent, random, known, target.dictionary)
}
