import { Worker } from 'node:worker_threads'
import { maxInputBytes } from './mutate.js'

/** Ends the process if it hangs in one input, and says in which: from a thread of its own, as nothing else runs then. */
export class Watchdog {
  /** How many inputs were begun, and how long the last one is. */
  readonly #state = new Int32Array(new SharedArrayBuffer(8))
  readonly #input = new Uint8Array(new SharedArrayBuffer(maxInputBytes))
  readonly #worker: Worker

  /**
   * @param name of the target, for the message
   * @param secondsToHang how long one input may take
   */
  constructor(name: string, secondsToHang = 60) {
    this.#worker = new Worker(new URL('watchdog-thread.js', import.meta.url), {
      execArgv: [],
      workerData: { name, state: this.#state, input: this.#input, secondsToHang },
    })
    this.#worker.unref()
  }

  begin(input: Uint8Array): void {
    this.#input.set(input.subarray(0, maxInputBytes))
    Atomics.store(this.#state, 1, input.length)
    Atomics.add(this.#state, 0, 1)
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}
