import { getHeapStatistics } from 'node:v8'

/** No input, of 8 KiB at most, may take longer. A hundred times what any takes: machines have other work to do. */
const maxMs = 1000
/** Nor more memory at once, garbage included. */
const maxBytes = 48 * 1024 * 1024

/** Holds executions to bounds of time and memory. */
export class Bounds {
  /** Gives what `run` gives. Throws if that took too long three times, or took too much memory. */
  check(input: Uint8Array, run: () => string): string {
    const before = memory()
    let start = performance.now()
    const outcome = run()
    const taken = memory() - before
    if (taken > maxBytes) throw new Error(`${taken} bytes of memory were taken for an input of ${input.length}`)
    for (let tries = 1; performance.now() - start > maxMs; tries += 1) {
      if (tries === 3) throw new Error(`an input of ${input.length} bytes takes more than ${maxMs} ms`)
      start = performance.now()
      run()
    }
    return outcome
  }
}

/** What the heap and buffers hold now; after a garbage collection that is less, never more. */
function memory(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
