// A check is a scenario, the properties that are looked at, and what must come of it.
import { explore, type Attack, type Property, type Scenario } from './explore.js'

export interface Check {
  readonly name: string
  readonly scenario: Scenario
  readonly properties: readonly Property[]
  /** Properties that must be broken; all others must hold. */
  readonly breaks: readonly Property[]
  /** Sessions that must be done in some state: nothing is shown by a scenario in which nobody gets anywhere. */
  readonly completes: readonly string[]
  /** Takes more than some seconds. */
  readonly isLong?: boolean
}

export interface Outcome {
  readonly check: Check
  readonly states: number
  readonly milliseconds: number
  readonly attacks: ReadonlyMap<string, Attack>
  /** What is not as it must be; empty if all is well. */
  readonly surprises: readonly string[]
}

const maxStates = 200_000

export function run(check: Check): Outcome {
  const { scenario, properties, breaks, completes } = check
  const started = performance.now()
  // where an attack must be found it is enough to find it
  const stopsEarly = breaks.length === properties.length
  const { states, attacks, done } = explore(scenario, properties, { maxStates, stops: stopsEarly ? 'each' : 'end' })
  const surprises = [
    ...properties
      .filter((property) => breaks.includes(property) !== attacks.has(property.name))
      .map(({ name }) => `${name} ${attacks.has(name) ? 'does not hold' : 'holds, but must not'}`),
    ...completes.filter((name) => !stopsEarly && !done.has(name)).map((name) => `${name} is never done`),
  ]
  return { check, states, milliseconds: performance.now() - started, attacks, surprises }
}
