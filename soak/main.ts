// npm run soak [-- scenario …] [--short] [--minutes N] [--connections N] [--fault NAME] [--json FILE]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { descriptorLimit, missingDescriptors } from './harness/descriptors.js'
import { thisMachine } from './harness/machine.js'
import { saveResults } from './harness/results.js'
import { table } from './harness/table.js'
import { readArguments, usage, UsageError, type Arguments } from './arguments.js'
import { Stage } from './scenarios/stage.js'
import type { Scenario } from './scenarios/scenario.js'

const machine = thisMachine()
process.exitCode = await main()

async function main(): Promise<number> {
  let wanted: Arguments
  try {
    wanted = readArguments(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    return 2
  }
  const { scenarios, isShort, wishes } = wanted
  const limit = descriptorLimit()
  const missing = scenarios
    .map((scenario) => missingDescriptors(scenario.name, scenario.descriptors(isShort, wishes), limit))
    .filter((sentence) => sentence !== null)
  if (missing.length > 0) {
    console.error(missing.join('\n'))
    return 2
  }
  console.log(`Node ${machine.node}, ${machine.cores} cores (${machine.processor}), ${machine.kernel}`)
  const directory = mkdtempSync(join(tmpdir(), 'stalk-soak-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const broken: string[] = []
  for (const scenario of scenarios) broken.push(...(await play(scenario, wanted, directory)))
  for (const sentence of broken) console.error(sentence)
  if (broken.length === 0) console.log('\nall bounds were kept')
  return broken.length === 0 ? 0 : 1
}

/** Runs a scenario and shows what came of it; gives a sentence for each bound that was broken. */
async function play(scenario: Scenario, wanted: Arguments, directory: string): Promise<readonly string[]> {
  console.log(`\n${scenario.name}: ${scenario.title}`)
  const stage = new Stage(directory, wanted.fault, (text) => console.log(`  (${text})`))
  const startedAt = performance.now()
  try {
    await scenario.run(stage, wanted.isShort, wanted.wishes)
  } catch (error) {
    stage.report.wrong(error instanceof Error ? error.message : String(error))
  } finally {
    await stage.end()
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`${table(stage.report.rows)}\n  (${seconds} s)`)
  const broken = stage.report.broken.map((sentence) => `${scenario.name}: ${sentence}`)
  if (wanted.json !== null) {
    saveResults(wanted.json, scenario.name, { machine, seconds, rows: stage.report.rows, broken })
  }
  return broken
}
