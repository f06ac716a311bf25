/** Something to measure: what it is, who takes part, and how a contestant is made to do it. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly cases: readonly Case[]
  readonly metrics: readonly Metric[]
  /** To what medians are compared. */
  readonly references: readonly Reference[]
  readonly contestants: readonly Contestant[]
  /** About how long one round takes. */
  readonly seconds: number
  /** Operations of a round, where they are not as many as fit into `seconds`. */
  readonly count?: (rounds: number) => number
  /** True: processes live through all cases, which build on each other. */
  readonly keepsProcesses?: true
  readonly measuresMemory?: true
  start(contestant: Contestant, caseIndex: number, directory: string): Promise<Group>
}

/** A variant of a scenario, with a table of its own. */
export interface Case {
  readonly label: string
  readonly size?: number
  readonly connections?: number
  readonly processes?: number
}

export interface Metric {
  readonly name: string
  readonly unit: string
  readonly better: 'more' | 'less'
  of(outcome: Outcome): number
}

export interface Reference {
  /** Heads the column of ratios. */
  readonly label: string
  /** The best of these is what ratios are to. */
  includes(contestant: Contestant): boolean
}

export interface Contestant {
  readonly name: string
  readonly tags: ReadonlySet<string>
  /** Why it does not take part, where that has to be said. */
  readonly excluded?: string
}

/** The processes of a contestant. */
export interface Group {
  enter(caseIndex: number): Promise<void>
  /** The nearest count that divides evenly. */
  whole(count: number): number
  round(count: number): Promise<Outcome>
  stop(): void
}

/** What came of one round. */
export interface Outcome {
  readonly count: number
  readonly seconds: number
  /** User and system, of all processes. */
  readonly cpuSeconds: number
  /** How much more memory the server has than before the round, after garbage collections where memory is measured. */
  readonly memoryGrowth: number
  /** What the scenario measured itself. */
  readonly values: Readonly<Record<string, number>>
}

export const perSecond = (unit: string, scale = 1): Metric => ({
  name: 'rate',
  unit,
  better: 'more',
  of: ({ count, seconds }) => (count * scale) / seconds,
})
