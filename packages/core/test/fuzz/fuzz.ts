import { mutate } from './mutate.js'
import { seededRandom } from './random.js'

/** What is fuzzed. */
export interface Target {
  readonly name: string
  /** Inputs to begin with. */
  readonly seeds: readonly Uint8Array[]
  /**
   * Takes an input of whatever form. Says in a few words what came of it: inputs with new words are kept. Throws if that is
   * not what may come of any input.
   */
  run(input: Uint8Array): string
}

export interface FuzzOptions {
  readonly seed: number
  /** Inputs of earlier runs. */
  readonly corpus: readonly Uint8Array[]
  /** Asked before every execution. */
  readonly goesOn: (executions: number) => boolean
}

export interface FuzzResult {
  readonly executions: number
  /** How many different outcomes there were. */
  readonly outcomes: number
  /** Inputs that led to outcomes which none of the corpus leads to. */
  readonly found: readonly Uint8Array[]
  readonly failure: { readonly input: Uint8Array; readonly error: unknown } | null
}

/** Runs a target on its seeds, the corpus and changed copies of both, until it fails or `goesOn` says no. */
export function fuzz(target: Target, { seed, corpus, goesOn }: FuzzOptions): FuzzResult {
  const random = seededRandom(seed)
  const known = [...target.seeds, ...corpus]
  const given = known.length
  const outcomes = new Set<string>()
  let executions = 0
  let input: Uint8Array = new Uint8Array()
  try {
    for (; executions < given || goesOn(executions); executions += 1) {
      input = executions < given ? known[executions]! : mutate(random.oneOf(known), random, known)
      const outcome = target.run(input)
      if (outcomes.has(outcome)) continue
      outcomes.add(outcome)
      if (executions >= given) known.push(input)
    }
  } catch (error) {
    return { executions, outcomes: outcomes.size, found: known.slice(given), failure: { input, error } }
  }
  return { executions, outcomes: outcomes.size, found: known.slice(given), failure: null }
}
