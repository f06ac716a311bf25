/** What a module calls, with its name and the line of each of its blocks, to have its counters. */
export const countersKey = 'stalk.fuzz.counters'

/** The counters of a module that was loaded with them. */
export interface CountedModule {
  readonly name: string
  /** The line of each block. */
  readonly lines: readonly number[]
  /** The number of its first block among those of all modules. */
  readonly first: number
}

const maxBlocks = 1 << 16
const counts = new Uint32Array(maxBlocks)
const modules: CountedModule[] = []
let blocks = 0

/** Gives a module the counters of its blocks, in their order. */
export function openCounters(name: string, lines: readonly number[]): Uint32Array {
  const first = blocks
  blocks += lines.length
  if (blocks > maxBlocks) throw new RangeError(`more than ${maxBlocks} blocks`)
  modules.push({ name, lines, first })
  return counts.subarray(first, blocks)
}

/** Every module that was loaded with counters; none without the loader. */
export function countedModules(): readonly CountedModule[] {
  return modules
}

/** How often each block of all modules ran since the last `clearCounts`: borrowed until then. */
export function currentCounts(): Uint32Array {
  return counts.subarray(0, blocks)
}

export function clearCounts(): void {
  counts.fill(0, 0, blocks)
}
