import path from 'node:path'
import { parseArgs } from 'node:util'
import { readCorpus, writeCorpus } from './corpus.js'
import { Coverage } from './coverage/coverage.js'
import { countedModules } from './coverage/counters.js'
import { fuzz } from './fuzz.js'
import { minimise } from './minimise.js'
import { writeResults, type TargetResult } from './results.js'
import type { Target } from './target.js'
import { targets } from './targets/all.js'
import { Watchdog } from './watchdog.js'

const usage = `npm run fuzz -- [--seconds N] [--seed N] [--target NAME …] [--input HEX] [--corpus DIR] [--minimise] [--missed] [--results FILE]

  --seconds N     for all targets together (default 60); slow ones get more
  --seed N        repeats a run, as long as the corpus is the same (default: another each time)
  --target NAME   only this one, or these: ${targets.map(({ name }) => name).join(', ')}
  --input HEX     only this input, such as one that failed; with one --target
  --corpus DIR    where inputs that reach something new are kept (default packages/core/test/fuzz/corpus)
  --minimise      does not fuzz: leaves of each corpus what reaches as much as all of it
  --missed        says at the end which lines were not reached
  --results FILE  writes the figures as JSON: docs/TRUST.md has those of packages/core/test/fuzz/results.json`

/** What `npm run fuzz` does with these arguments: gives the exit code. */
export async function fuzzCommand(given: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
        target: { type: 'string', multiple: true, default: [] },
        input: { type: 'string' },
        corpus: { type: 'string', default: path.join(import.meta.dirname, 'corpus') },
        minimise: { type: 'boolean', default: false },
        missed: { type: 'boolean', default: false },
        results: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(usage)
      return 0
    }
    const chosen = choose(values.target)
    if (values.input !== undefined) return runOne(chosen, values.input)
    const [seconds, seed] = [positive('seconds', values.seconds), Math.floor(positive('seed', values.seed))]
    const { corpus: folder, missed: showsMissed, results } = values
    if (values.minimise) return minimiseAll(chosen, folder)
    const parts = chosen.reduce((sum, { weight = 1 }) => sum + weight, 0)
    return await fuzzAll(chosen, { seconds: seconds / parts, seed, folder, showsMissed, results })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    return 2
  }
}

function choose(names: readonly string[]): readonly Target[] {
  const unknown = names.find((name) => targets.every((target) => target.name !== name))
  if (unknown !== undefined) throw new TypeError(`there is no target ${unknown}`)
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name))
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0) || value > 2 ** 32) throw new TypeError(`--${name} takes a number above 0, not ${text}`)
  return value
}

function runOne(chosen: readonly Target[], digits: string): number {
  if (chosen.length > 1) throw new TypeError('--input needs --target')
  if (!/^(?:[0-9a-f]{2})*$/iu.test(digits)) throw new TypeError('--input takes an even number of hexadecimal digits')
  console.log(chosen[0]!.run(new Uint8Array(Buffer.from(digits, 'hex'))))
  return 0
}

function minimiseAll(chosen: readonly Target[], folder: string): number {
  if (countedModules().length === 0) throw new TypeError('--minimise needs counters: run it by `npm run fuzz`')
  for (const target of chosen) {
    const file = path.join(folder, `${target.name}.txt`)
    const corpus = readCorpus(file)
    const kept = minimise(target, corpus)
    writeCorpus(file, kept)
    console.log(
      `${target.name}: ${kept.length} of ${corpus.length} inputs, ${bytesOf(kept)} of ${bytesOf(corpus)} bytes`,
    )
  }
  return 0
}

function bytesOf(inputs: readonly Uint8Array[]): number {
  return inputs.reduce((sum, { length }) => sum + length, 0)
}

interface RunOptions {
  /** For each target of weight 1. */
  readonly seconds: number
  readonly seed: number
  readonly folder: string
  readonly showsMissed: boolean
  readonly results: string | undefined
}

async function fuzzAll(chosen: readonly Target[], options: RunOptions): Promise<number> {
  const together = new Coverage()
  const results: TargetResult[] = []
  for (const target of chosen) results.push(await fuzzOne(target, options, together))
  const { blocks, reached, missed } = together.reach()
  if (blocks > 0) console.log(`together: ${percent(reached, blocks)} of ${blocks} blocks in ${missed.size} files`)
  if (options.showsMissed) {
    for (const [file, lines] of missed) if (lines.length > 0) console.log(`${file}: ${lines.join(' ')}`)
  }
  if (options.results !== undefined) {
    writeResults(options.results, { seed: options.seed, blocks, reached, targets: results })
  }
  return results.every(({ findings }) => findings === 0) ? 0 : 1
}

async function fuzzOne(
  target: Target,
  { seconds, seed, folder }: RunOptions,
  together: Coverage,
): Promise<TargetResult> {
  const file = path.join(folder, `${target.name}.txt`)
  const corpus = readCorpus(file)
  const watchdog = new Watchdog(target.name)
  const computed = process.cpuUsage()
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / 1000
  const result = fuzz(target, {
    seed,
    corpus,
    goesOn: () => elapsed() < seconds * (target.weight ?? 1),
    onInput: (input) => watchdog.begin(input),
  })
  const { executions, coverage, found, failure } = result
  const taken = elapsed()
  const { user, system } = process.cpuUsage(computed)
  await watchdog.stop()
  const { blocks, reached, missed } = coverage.reach()
  const cpuSeconds = (user + system) / 1e6
  const rate = Math.round(executions / cpuSeconds)
  const covered = blocks === 0 ? '' : `${percent(reached, blocks)} of ${blocks} blocks in ${missed.size} files, `
  console.log(
    `${target.name}: ${executions} executions in ${taken.toFixed(1)} s, ${rate} a second of computing, ${coverage.outcomes} outcomes, ` +
      `${covered}corpus ${corpus.length} + ${found.length}, ${failure === null ? 'no finding' : '1 finding'}, seed ${seed}`,
  )
  together.merge(coverage)
  if (found.length > 0) writeCorpus(file, [...corpus, ...found])
  if (failure !== null) {
    const digits = Buffer.from(failure.input).toString('hex')
    console.error(failure.error)
    console.error(`again: npm run fuzz -- --target ${target.name} --input ${digits}`)
  }
  return {
    name: target.name,
    reads: target.reads,
    seconds: Math.round(taken),
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    executions,
    blocks,
    reached,
    corpus: corpus.length,
    found: found.length,
    findings: failure === null ? 0 : 1,
  }
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`
}
