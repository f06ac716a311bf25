/** How many bytes the calls of one connection hold, so that new ones wait while that is too much. */
export class HeldBytes {
  readonly #maxBytes: number
  #bytes = 0
  readonly #waiting = new Set<() => void>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Waits until there is room, in the order of asking, and takes it: the last one may have more than there was. Throws the signal’s reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (bytes === 0) return
    if (this.#waiting.size > 0 || this.#bytes >= this.#maxBytes) await this.#wait(signal)
    this.#bytes += bytes
    this.#wake()
  }

  release(bytes: number): void {
    this.#bytes -= bytes
    this.#wake()
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(onRoom)
        reject(signal.reason as Error)
      }
      const onRoom = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiting.add(onRoom)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** One at a time: it goes on, and takes its part, before the next is asked. */
  #wake(): void {
    if (this.#bytes >= this.#maxBytes) return
    for (const onRoom of this.#waiting) {
      this.#waiting.delete(onRoom)
      onRoom()
      return
    }
  }
}
