import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Machine } from './machine.js'
import type { Row } from './report.js'

/** What came of a scenario. */
export interface Result {
  readonly machine: Machine
  readonly seconds: number
  readonly rows: readonly Row[]
  readonly broken: readonly string[]
}

/** By name of scenario. */
type Results = Readonly<Record<string, Result>>

/** Puts a result beside those of other scenarios that are in the file. */
export function saveResults(file: string, scenario: string, result: Result): void {
  const others = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
  const rounded = { ...result, rows: result.rows.map((row) => ({ ...row, value: Number(row.value.toPrecision(6)) })) }
  writeFileSync(file, `${JSON.stringify({ ...others, [scenario]: rounded }, null, 2)}\n`)
}
