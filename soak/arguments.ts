import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { faults, type Fault } from './processes/faults.js'
import { catalogue } from './scenarios/catalogue.js'
import type { Scenario, Wishes } from './scenarios/scenario.js'

/** What was asked for on the command line. */
export interface Arguments {
  readonly scenarios: readonly Scenario[]
  readonly isShort: boolean
  readonly wishes: Wishes
  readonly fault: Fault | null
  /** Where results go; null: nowhere. */
  readonly json: string | null
}

export class UsageError extends Error {}

export const usage = `npm run soak [-- scenario …] [options]

${catalogue.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n')}

  --short          all in about 20 s, with fewer connections and wider bounds
  --minutes N      the load of each scenario lasts so long (flood: each flood; churn: at most)
  --connections N  instead of as many as a scenario has
  --json FILE      results go there: soak/results.json unless told otherwise, and nowhere if the run is not a full one
  --fault NAME     the server has a bug, which has to be noticed:
${Object.entries(faults)
  .map(([name, what]) => `    ${name.padEnd(8)} ${what}`)
  .join('\n')}`

const ours = resolve('soak/results.json')

/** @throws UsageError */
export function readArguments(argv: readonly string[]): Arguments {
  const { positionals, values } = parse(argv)
  const unknown = positionals.find((name) => !catalogue.some((scenario) => scenario.name === name))
  if (unknown !== undefined) throw new UsageError(`there is no scenario ${unknown}`)
  const { short: isShort = false, fault = null } = values
  if (fault !== null && !isFault(fault)) throw new UsageError(`there is no fault ${fault}`)
  const wishes = {
    minutes: positive('minutes', values.minutes),
    connections: positive('connections', values.connections),
  }
  const isFull = !isShort && fault === null && wishes.minutes === null && wishes.connections === null
  return {
    scenarios: catalogue.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    isShort,
    wishes,
    fault,
    json: values.json ?? (isFull ? ours : null),
  }
}

function parse(argv: readonly string[]): ReturnType<typeof parsed> {
  try {
    return parsed(argv)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function parsed(argv: readonly string[]) {
  const options = {
    short: { type: 'boolean' },
    minutes: { type: 'string' },
    connections: { type: 'string' },
    fault: { type: 'string' },
    json: { type: 'string' },
  } as const
  return parseArgs({ args: [...argv], allowPositionals: true, options })
}

function isFault(name: string): name is Fault {
  return Object.hasOwn(faults, name)
}

function positive(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const number = Number(text)
  if (!(number > 0 && number < Infinity)) throw new UsageError(`--${name} takes a number above 0, not ${text}`)
  return number
}
