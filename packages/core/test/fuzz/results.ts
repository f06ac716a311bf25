import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'

/** What a run came to, for one target. */
export interface TargetResult {
  readonly name: string
  readonly reads: string
  /** Of the clock, and of computing: others may have been computing, too. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly executions: number
  /** Blocks of the files that the target reaches, and how many of them it reaches; 0 without counters. */
  readonly blocks: number
  readonly reached: number
  /** Inputs of earlier runs, and new ones. */
  readonly corpus: number
  readonly found: number
  readonly findings: number
}

/** A file of results: `scripts/trust-fuzzing.js` makes a table of it. */
export interface FuzzResults {
  readonly node: string
  readonly date: string
  readonly cores: number
  readonly kernel: string
  readonly seed: number
  /** Of all targets together. */
  readonly blocks: number
  readonly reached: number
  readonly targets: readonly TargetResult[]
}

export function writeResults(
  file: string,
  results: Pick<FuzzResults, 'seed' | 'blocks' | 'reached' | 'targets'>,
): void {
  const machine = {
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    kernel: release(),
  }
  writeFileSync(file, `${JSON.stringify({ ...machine, ...results }, null, 2)}\n`)
}
