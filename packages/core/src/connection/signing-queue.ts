interface Waiting {
  readonly make: () => Promise<Uint8Array> | null
  readonly resolve: (signature: Uint8Array | null) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes a few signatures at a time. Every stranger who connects has one made, and whoever goes away before it is their turn does not: a
 * flood must not fill the thread pool, which files and names need, too.
 */
export class SigningQueue {
  readonly #max: number
  #running = 0
  #waiting: Waiting[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** Null if `make` gave null when its turn had come. */
  run(make: () => Promise<Uint8Array> | null): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    while (this.#running < this.#max) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      const made = next.make()
      if (made === null) next.resolve(null)
      else this.#follow(made, next)
    }
  }

  #follow(made: Promise<Uint8Array>, { resolve, reject }: Waiting): void {
    this.#running += 1
    const goOn = (): void => {
      this.#running -= 1
      this.#next()
    }
    made.finally(goOn).then(resolve, reject)
  }
}
