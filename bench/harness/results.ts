import type { Case, Contestant, Metric, Scenario } from './scenario.js'
import { median } from './statistics.js'

/** What a contestant did in one case. */
export interface Measured {
  readonly contestant: Contestant
  /** By name of metric, a number for each round. */
  readonly values: Readonly<Record<string, readonly number[]>>
  /** Microseconds of CPU time an operation, of all processes, for each round. */
  readonly cpu: readonly number[]
}

export interface NotRun {
  readonly contestant: string
  readonly case: string
  readonly reason: string
}

/** A table: one metric of one case. */
export interface Result {
  readonly scenario: string
  readonly title: string
  readonly case: string
  readonly metric: string
  readonly unit: string
  readonly better: 'more' | 'less'
  readonly rows: readonly Row[]
}

export interface Row {
  readonly contestant: string
  readonly rounds: readonly number[]
  readonly median: number
  readonly min: number
  readonly max: number
  /** Ratio of the median to that of each reference, by its label; null where there is none. */
  readonly ratios: Readonly<Record<string, number | null>>
  readonly cpuMicroseconds: number
}

export function resultsOf(scenario: Scenario, variant: Case, measured: readonly Measured[]): Result[] {
  return scenario.metrics.map((metric) => ({
    scenario: scenario.name,
    title: scenario.title,
    case: variant.label,
    metric: metric.name,
    unit: metric.unit,
    better: metric.better,
    rows: measured.map((one) => row(scenario, metric, one, measured)),
  }))
}

function row(scenario: Scenario, metric: Metric, one: Measured, all: readonly Measured[]): Row {
  const rounds = one.values[metric.name]!
  const ratios = scenario.references.map(({ label, includes }) => {
    const others = all
      .filter(({ contestant }) => includes(contestant))
      .map(({ values }) => median(values[metric.name]!))
    const best = metric.better === 'more' ? Math.max(...others) : Math.min(...others)
    return [label, others.length === 0 ? null : median(rounds) / best] as const
  })
  return {
    contestant: one.contestant.name,
    rounds,
    median: median(rounds),
    min: Math.min(...rounds),
    max: Math.max(...rounds),
    ratios: Object.fromEntries(ratios),
    cpuMicroseconds: median(one.cpu),
  }
}
