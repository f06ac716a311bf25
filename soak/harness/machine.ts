import { cpus, release, type } from 'node:os'

/** What figures are of. */
export interface Machine {
  readonly node: string
  readonly date: string
  readonly cores: number
  readonly processor: string
  readonly kernel: string
}

export function thisMachine(): Machine {
  return {
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    kernel: `${type()} ${release()}`,
  }
}
