// npm run fuzz: see docs/ARCHITECTURE.md.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readCorpus, writeCorpus } from './corpus.js'
import { fuzz, type FuzzResult, type Target } from './fuzz.js'
import { targets } from './targets.js'

const usage = `npm run fuzz -- [--seconds N] [--seed N] [--target NAME] [--input HEX] [--corpus DIR]

  --seconds N    for each target (default 10)
  --seed N       repeats a run, as long as the corpus is the same (default: another each time)
  --target NAME  only this one: ${targets.map(({ name }) => name).join(', ')}
  --input HEX    only this input, such as one that failed; with --target
  --corpus DIR   where inputs with new outcomes are kept (default packages/core/test/fuzz/corpus)`

process.exitCode = main()

function main(): number {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '10' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
        target: { type: 'string' },
        input: { type: 'string' },
        corpus: { type: 'string', default: path.join(import.meta.dirname, 'corpus') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(usage)
      return 0
    }
    const chosen = targets.filter(({ name }) => name === (values.target ?? name))
    if (chosen.length === 0) throw new TypeError(`there is no target ${values.target}`)
    if (values.input !== undefined) return runOne(chosen, values.input)
    const seconds = positive('seconds', values.seconds)
    const seed = positive('seed', values.seed)
    const results = chosen.map((target) =>
      runTarget(target, { seconds, seed: Math.floor(seed), folder: values.corpus }),
    )
    return results.every(({ failure }) => failure === null) ? 0 : 1
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    return 2
  }
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

interface RunOptions {
  readonly seconds: number
  readonly seed: number
  readonly folder: string
}

function runTarget(target: Target, { seconds, seed, folder }: RunOptions): FuzzResult {
  const file = path.join(folder, `${target.name}.txt`)
  const corpus = readCorpus(file)
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / 1000
  const result = fuzz(target, { seed, corpus, goesOn: () => elapsed() < seconds })
  const rate = Math.round(result.executions / elapsed())
  console.log(
    `${target.name}: ${result.executions} executions in ${elapsed().toFixed(1)} s, ${rate} a second, ${result.outcomes} outcomes, ` +
      `corpus ${corpus.length} + ${result.found.length}, seed ${seed}`,
  )
  if (result.found.length > 0) writeCorpus(file, [...corpus, ...result.found])
  if (result.failure !== null) {
    const digits = Buffer.from(result.failure.input).toString('hex')
    console.error(result.failure.error)
    console.error(`again: npm run fuzz -- --target ${target.name} --input ${digits}`)
  }
  return result
}
