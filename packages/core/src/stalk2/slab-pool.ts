/** The smallest and the largest slab: every small message has room in each. */
const leastBytes = 8192
const mostBytes = 65_536

/** So many are kept for whoever is next. */
const mostKept = 8

/** Memory that several small messages share. */
export interface Slab {
  readonly bytes: Uint8Array
  /** How many parts of a queue are in it. */
  parts: number
}

/**
 * Memory for small messages that wait: an allocation of its own would cost each more than all that is written into it. Who has nothing
 * waiting has no slab, so that an idle connection holds no memory for messages.
 */
export class SlabPool {
  readonly #kept: Slab[] = []

  /** A slab, with any contents. @param full the one that has no room any more: whoever goes on gets a larger one */
  take(full: Slab | null): Slab {
    const kept = this.#kept.pop()
    if (kept !== undefined) return kept
    const wanted = 2 * (full?.bytes.length ?? 0)
    return { bytes: new Uint8Array(Math.min(mostBytes, Math.max(leastBytes, wanted))), parts: 0 }
  }

  /** Nothing is in it any more. */
  give(slab: Slab): void {
    if (this.#kept.length < mostKept) this.#kept.push(slab)
  }
}
