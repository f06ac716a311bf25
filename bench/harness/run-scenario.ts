import type { Contestant, Group, Scenario } from './scenario.js'
import { resultsOf, type Measured, type NotRun, type Result } from './results.js'

export interface RunOptions {
  readonly rounds: number
  /** Where `prepare` left keys and certificates. */
  readonly directory: string
  /** Whom to measure, and why others cannot be. */
  readonly contestants: readonly Contestant[]
}

export interface Ran {
  readonly results: readonly Result[]
  readonly notRun: readonly NotRun[]
}

/** Processes that start at the same time: they slow each other down, but nothing is measured yet. */
const STARTING_AT_ONCE = 3

/** Measures every case of a scenario: rounds interleave, A B C A B C …, with processes that live through all of them. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Ran> {
  const results: Result[] = []
  const notRun: NotRun[] = []
  let entrants: Entrant[] = []
  try {
    for (const [caseIndex, variant] of scenario.cases.entries()) {
      if (scenario.keepsProcesses !== true || caseIndex === 0) {
        for (const { group } of entrants) group?.stop()
        entrants = options.contestants.map((contestant) => new Entrant(scenario, contestant))
        await inParallel(entrants, STARTING_AT_ONCE, (entrant) => entrant.start(caseIndex, options.directory))
      }
      for (const entrant of entrants) await entrant.enter(caseIndex, options.rounds)
      for (let round = 0; round < options.rounds; round += 1) {
        for (const entrant of entrants) await entrant.round()
      }
      for (const { contestant, failure } of entrants) {
        if (failure === null || notRun.some((one) => one.contestant === contestant.name && one.reason === failure))
          continue
        notRun.push({ contestant: contestant.name, case: variant.label, reason: failure })
      }
      const measured = entrants.filter(({ failure }) => failure === null).map((entrant) => entrant.measured)
      results.push(...resultsOf(scenario, variant, measured))
    }
  } finally {
    for (const { group } of entrants) group?.stop()
  }
  return { results, notRun }
}

/** A contestant in a scenario. One that fails is out, and the others go on. */
class Entrant {
  readonly contestant: Contestant
  group: Group | null = null
  failure: string | null
  readonly #scenario: Scenario
  #count = 0
  #values = new Map<string, number[]>()
  #cpu: number[] = []

  constructor(scenario: Scenario, contestant: Contestant) {
    this.#scenario = scenario
    this.contestant = contestant
    this.failure = contestant.excluded ?? null
  }

  get measured(): Measured {
    return { contestant: this.contestant, values: Object.fromEntries(this.#values), cpu: this.#cpu }
  }

  start(caseIndex: number, directory: string): Promise<void> {
    return this.#unlessOut(async () => {
      this.group = await this.#scenario.start(this.contestant, caseIndex, directory)
    })
  }

  enter(caseIndex: number, rounds: number): Promise<void> {
    return this.#unlessOut(async (group) => {
      this.#values = new Map(this.#scenario.metrics.map(({ name }) => [name, []]))
      this.#cpu = []
      if (this.#scenario.keepsProcesses === true) await group.enter(caseIndex)
      this.#count = await settleCount(this.#scenario, group, rounds)
    })
  }

  round(): Promise<void> {
    return this.#unlessOut(async (group) => {
      const outcome = await group.round(this.#count)
      for (const metric of this.#scenario.metrics) this.#values.get(metric.name)?.push(metric.of(outcome))
      this.#cpu.push((outcome.cpuSeconds * 1e6) / outcome.count)
    })
  }

  async #unlessOut(step: (group: Group) => Promise<void>): Promise<void> {
    if (this.failure !== null) return
    try {
      await step(this.group!)
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
      this.group?.stop()
    }
  }
}

/** How many operations fill a round. Finding out also warms the contestant up: so many rounds for each, whatever comes of them. */
async function settleCount(scenario: Scenario, group: Group, rounds: number): Promise<number> {
  if (scenario.count !== undefined) {
    await group.round(group.whole(WARM_UP_COUNT))
    return group.whole(scenario.count(rounds))
  }
  let count = group.whole(1)
  for (let long = 0; long < WARM_UP_ROUNDS;) {
    const { seconds, cpuSeconds } = await group.round(count)
    // by CPU time, which other programs on the machine cannot stretch as they do time
    const part = Math.max(
      cpuSeconds / (scenario.seconds * CPU_OF_WALL),
      seconds / (scenario.seconds * MOST_STRETCHED),
      1e-3,
    )
    count = group.whole(count * (part >= 0.5 ? 1 / part : Math.min(10, Math.max(2, 1 / part))))
    if (part >= 0.5) long += 1
  }
  return count
}

/** Until what is compiled while it runs has settled: it does not with a round more or less. */
const WARM_UP_ROUNDS = 9

/** Two processes that are both busy most of the time. */
const CPU_OF_WALL = 1.5

/** On a machine that has other things to do, a round takes so many times as long at the most. */
const MOST_STRETCHED = 5

const WARM_UP_COUNT = 100

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const workSome = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, workSome))
}
