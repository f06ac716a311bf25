// What a program tells the command that started it, and what it is told: lines of JSON. Its input ends with the command, and it ends with its input.
import { createInterface } from 'node:readline'
import { StalkError } from '@stalk/core'

export function report(event: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, at: now(), ...details })}\n`)
}

/** Milliseconds on a clock that all processes of a machine share, and that nobody can set. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** What ended a connection, as a code and for people. */
export function describeError(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof StalkError ? error.code : 'NO_STALK_ERROR'
  return { code, message: error instanceof Error ? error.message : String(error) }
}

/** Calls `obey` with each command. */
export function onCommand(obey: (command: string) => void): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => obey(line))
  lines.on('close', () => process.exit())
}

/** What the command gave this program. */
export function config(): unknown {
  return JSON.parse(process.argv[2] ?? '{}')
}
