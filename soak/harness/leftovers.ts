// What a process holds that ought to go with its connections: resources of the event loop, and objects that are still alive after a
// garbage collection. Timers that were unref'd are no resources, but they are objects.
import { Socket } from 'node:net'
import { queryObjects } from 'node:v8'

/** Numbers by kind. */
export type Holdings = Readonly<Record<string, number>>

type Constructor = abstract new (...parameters: never[]) => unknown

const idle = setTimeout(() => undefined, 0)
const Timeout = idle.constructor as Constructor
clearTimeout(idle)

/** @param more constructors to count the objects of, by name */
export function holdings(more: Readonly<Record<string, Constructor>> = {}): Holdings {
  const counts: Record<string, number> = {}
  for (const type of process.getActiveResourcesInfo())
    counts[`${type} (resource)`] = (counts[`${type} (resource)`] ?? 0) + 1
  for (const [name, constructor] of Object.entries({ Timeout, Socket, AbortSignal, ...more })) {
    counts[name] = queryObjects(constructor, { format: 'count' })
  }
  counts['listeners on process'] = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return counts
}

/** What there is more of than before, beyond `slack` of each: `Timeout: 3 more`. */
export function leftOver(before: Holdings, after: Holdings, slack = 0): string[] {
  return Object.entries(after)
    .map(([kind, count]) => ({ kind, more: count - (before[kind] ?? 0) }))
    .filter(({ more }) => more > slack)
    .map(({ kind, more }) => `${kind}: ${more} more`)
}
