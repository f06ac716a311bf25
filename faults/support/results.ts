// What was found: lines for the terminal, and results.json, from which docs/TRUST.md is made.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import path from 'node:path'
import type { Fault, Notice, Row } from '../cases/fault.js'
import { amount } from './amounts.js'

/** What a fault came to. */
export interface Result extends Row {
  readonly fault: string
  readonly what: string
  readonly date: string
}

interface Results {
  readonly machine: { readonly node: string; readonly kernel: string; readonly cores: number; readonly tcp: string }
  readonly results: readonly Result[]
}

/** Beside the sources. */
const file = path.resolve(import.meta.dirname, '../../results.json')

export const head: string = line([
  'fault',
  'sent by',
  'messages',
  'seconds',
  'per second',
  'noticed by client',
  'by listener',
])

/** One line of the table, and what was seen below it. */
export function show({ fault, by, messages, seconds, notice, seen, problems }: Result): string {
  const perSecond = amount(messages / seconds)
  const first = [
    fault,
    by,
    amount(messages),
    amount(seconds, 1),
    perSecond,
    noticed(notice?.client),
    noticed(notice?.listener),
  ]
  return [line(first), ...seen.map((text) => `    ${text}`), ...problems.map((text) => `    FAILED: ${text}`)].join(
    '\n',
  )
}

/** Puts results in the place of older ones of the same faults; those of faults that are no more go. */
export function writeResults(results: readonly Result[], catalogue: readonly Fault[]): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results).results : []
  const isNew = new Set(results.map(({ fault }) => fault))
  const kept = before.filter(({ fault }) => !isNew.has(fault))
  const ordered = catalogue.flatMap(({ name }) => [...results, ...kept].filter(({ fault }) => fault === name))
  const machine: Results['machine'] = {
    node: process.version,
    kernel: release(),
    cores: cpus().length,
    tcp: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim(),
  }
  writeFileSync(file, `${JSON.stringify({ machine, results: ordered }, null, 2)}\n`)
}

function noticed(notice: Notice | undefined): string {
  return notice === undefined ? '' : `${notice.code} ${amount(notice.ms / 1000, 1)} s`
}

function line(cells: readonly string[]): string {
  const widths = [16, 23, 10, 8, 11, 30, 30]
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd()
}
