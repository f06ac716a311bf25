import { readFileSync } from 'node:fs'

/** How long a process has had a CPU, and how long it was ready to run and had none. */
export interface ProcessorTimes {
  readonly ran: number
  readonly waited: number
}

/** Of the main thread of this process, in nanoseconds: what Linux says of its run queue. */
export function processorTimes(): ProcessorTimes {
  const [ran = NaN, waited = NaN] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number)
  return { ran, waited }
}

/** Of the time in which it wanted a CPU, the percentage in which it had one. */
export function percentServed(before: ProcessorTimes, after: ProcessorTimes): number {
  const ran = after.ran - before.ran
  return (100 * ran) / (ran + after.waited - before.waited)
}

const LEAST_PERCENT = 50

/** A bound of times, where the server had a CPU at least half of the time in which it wanted one. Elsewhere they are those of the machine. */
export function boundOfTimes(most: number, percent: number): number {
  return percent >= LEAST_PERCENT ? most : Infinity
}
