// SPEC, stalk/2 §3: preamble, retry and prologue.
import { constant, type SuiteId, type Term, tuple } from '../terms.js'
import type { Variant } from './variant.js'

export function preambleTerm(suites: readonly SuiteId[]): Term {
  return constant(`preamble ${suites.join(',')}`)
}

export function retryTerm(suite: SuiteId): Term {
  return constant(`retry ${suite}`)
}

export interface Retry {
  readonly firstA: Term
  readonly suite: SuiteId
}

export function prologue(variant: Variant, suites: readonly SuiteId[], retry: Retry | null): Term {
  const label = constant('stalk/2')
  if (!variant.hasPrologue) return label
  const preamble = preambleTerm(suites)
  return retry === null ? tuple(label, preamble) : tuple(label, preamble, retry.firstA, retryTerm(retry.suite))
}
