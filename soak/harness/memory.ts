import { setTimeout as pause } from 'node:timers/promises'

/** Bytes. */
export interface Memory {
  readonly resident: number
  /** Of objects, and of buffers outside of the heap. */
  readonly heap: number
}

/** Memory in use once garbage was collected. */
export async function memoryInUse(): Promise<Memory> {
  // what finalizers let go of is garbage of the next collection
  for (let times = 0; times < 3; times += 1) {
    await pause(10)
    globalThis.gc?.()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, heap: heapUsed + external }
}

const INTERVAL_MS = 200

/** Follows resident memory as it is, garbage included. */
export class PeakWatch {
  #peak = process.memoryUsage.rss()
  readonly #timer = setInterval(() => (this.#peak = Math.max(this.#peak, process.memoryUsage.rss())), INTERVAL_MS)

  /** Stops watching; bytes. */
  stop(): number {
    clearInterval(this.#timer)
    return this.#peak
  }
}
