// npm run bench -- [scenario …] [--peer name …] [--rounds N] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { NotRun, Result } from './harness/results.js'
import { runScenario } from './harness/run-scenario.js'
import type { Contestant } from './harness/scenario.js'
import { notRunLines, table } from './harness/table.js'
import { catalogue, loadPeer } from './peers/catalogue.js'
import { findScenario, scenarioNames } from './scenarios/catalogue.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string', default: fileURLToPath(new URL('latest.json', import.meta.url)) },
    list: { type: 'boolean', default: false },
  },
})

if (values.list) {
  for (const name of scenarioNames) console.log(`${name.padEnd(18)} ${(await findScenario(name)).title}`)
  process.exit()
}

const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) stop(`--rounds takes a whole number, not ${values.rounds}`)
const unknown = positionals.find((name) => !scenarioNames.includes(name))
if (unknown !== undefined) stop(`there is no scenario ${unknown}; there are ${scenarioNames.join(', ')}`)
const scenarios = await Promise.all((positionals.length > 0 ? positionals : scenarioNames).map(findScenario))
const names = new Set(scenarios.flatMap(({ contestants }) => contestants.map(({ name }) => name)))
const stranger = values.peer?.find((name) => !names.has(name))
if (stranger !== undefined) stop(`there is no peer ${stranger} here; there are ${[...names].join(', ')}`)

const directory = mkdtempSync(join(tmpdir(), 'stalk-bench-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform}`
console.log(`${machine}; ${rounds} interleaved rounds`)
const results: Result[] = []
const notRun: (NotRun & { readonly scenario: string })[] = []
const cannot = new Map<string, string>()
const made = new Set<string>()
for (const scenario of scenarios) {
  const started = performance.now()
  const contestants = await prepared(scenario.contestants.filter(({ name }) => values.peer?.includes(name) ?? true))
  if (contestants.length === 0) continue
  const ran = await runScenario(scenario, { rounds, directory, contestants })
  for (const result of ran.results) console.log(table(result))
  if (ran.notRun.length > 0) console.log(notRunLines(ran.notRun))
  console.log(`(${scenario.name}: ${((performance.now() - started) / 1000).toFixed(0)} s)`)
  results.push(...ran.results)
  notRun.push(...ran.notRun.map((one) => ({ scenario: scenario.name, ...one })))
}
writeFileSync(resolve(values.json), `${JSON.stringify({ machine, rounds, results, notRun }, null, 1)}\n`)
process.exit()

/** Makes what the peers need, once; what cannot be made is why a peer is not run. */
async function prepared(contestants: readonly Contestant[]): Promise<Contestant[]> {
  for (const entry of catalogue) {
    if (made.has(entry.name) || !contestants.some(({ name }) => name === entry.name)) continue
    made.add(entry.name)
    try {
      await (await loadPeer(entry)).prepare?.(directory)
    } catch (error) {
      cannot.set(entry.name, error instanceof Error ? error.message : String(error))
    }
  }
  return contestants.map((contestant) => {
    const excluded = contestant.excluded ?? cannot.get(contestant.name)
    return excluded === undefined ? contestant : { ...contestant, excluded }
  })
}

function stop(message: string): never {
  console.error(message)
  process.exit(2)
}
