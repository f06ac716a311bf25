import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** The inputs in a file, one a line in hexadecimal; none if there is no such file. */
export function readCorpus(file: string): Uint8Array[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => new Uint8Array(Buffer.from(line, 'hex')))
}

export function writeCorpus(file: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, inputs.map((input) => `${Buffer.from(input).toString('hex')}\n`).join(''))
}
