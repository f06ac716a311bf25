import { readFileSync } from 'node:fs'

/** Files that a process has open beside its connections: itself, its libraries, the pipes to whoever started it. */
const OWN_DESCRIPTORS = 100

/** How many files a process may have open; Node raises its own limit to this when it starts. */
export function descriptorLimit(): number {
  const line = /^Max open files\s+\S+\s+(?<hard>\S+)/mu.exec(readFileSync('/proc/self/limits', 'utf8'))
  const hard = line?.groups?.['hard']
  return hard === undefined || hard === 'unlimited' ? Infinity : Number(hard)
}

/** What is missing, and what to do about it; null if nothing is. */
export function missingDescriptors(scenario: string, connections: number, limit: number): string | null {
  const needed = connections + OWN_DESCRIPTORS
  if (needed <= limit) return null
  const most = Math.max(0, limit - OWN_DESCRIPTORS)
  const fewer = most === 0 ? '' : `, or run it smaller: --connections ${most}`
  return (
    `${scenario} needs ${needed} open files in one process, and here a process may have ${limit} (ulimit -Hn). ` +
    `Raise that as root (prlimit --pid $$ --nofile=${needed}:${needed}, or ulimit -n ${needed})${fewer}`
  )
}
