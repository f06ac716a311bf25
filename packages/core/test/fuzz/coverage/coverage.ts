import { clearCounts, countedModules, currentCounts } from './counters.js'

/** How much of the code something reaches. */
export interface Reach {
  readonly blocks: number
  readonly reached: number
  /** Of files in which something was reached, the lines of what was not. */
  readonly missed: ReadonlyMap<string, readonly number[]>
}

/** Counts are told apart roughly: once, 2 to 3 times, 4 to 15, more. */
const roughness = 4
const bitOf = Uint8Array.from({ length: 17 }, (_, count) => (count < 2 ? 1 : count < 4 ? 2 : count < 16 ? 4 : 8))

/** What the executions so far have reached: blocks with their rough counts, and outcomes. Without counters, outcomes alone. */
export class Coverage {
  /** For each block the rough counts that were seen, a bit each. */
  #seen = new Uint8Array(currentCounts().length)
  readonly #outcomes = new Map<string, number>()

  /** Whether one execution reached something new: after it, with its outcome. */
  add(outcome: string): boolean {
    let isNew = !this.#outcomes.has(outcome)
    if (isNew) this.#outcomes.set(outcome, this.#outcomes.size)
    const counts = currentCounts()
    if (counts.length > this.#seen.length) this.#grow(counts.length)
    for (let block = 0; block < counts.length; block += 1) {
      const count = counts[block]!
      if (count === 0) continue
      const bit = bitOf[count < 16 ? count : 16]!
      if ((this.#seen[block]! & bit) !== 0) continue
      this.#seen[block]! |= bit
      isNew = true
    }
    clearCounts()
    return isNew
  }

  /** What one execution reached, as numbers: equal ones are the same block with the same rough count, or the same outcome. */
  features(outcome: string): number[] {
    const features: number[] = []
    const counts = currentCounts()
    for (let block = 0; block < counts.length; block += 1) {
      const count = counts[block]!
      if (count > 0) features.push(block * roughness + Math.log2(bitOf[Math.min(count, 16)]!))
    }
    this.add(outcome)
    features.push(-1 - this.#outcomes.get(outcome)!)
    return features
  }

  get outcomes(): number {
    return this.#outcomes.size
  }

  /** Takes over what another has reached. */
  merge(other: Coverage): void {
    this.#grow(Math.max(this.#seen.length, other.#seen.length))
    for (const [block, bits] of other.#seen.entries()) this.#seen[block]! |= bits
  }

  /** Of the files in which anything was reached. */
  reach(): Reach {
    let blocks = 0
    let reached = 0
    const missed = new Map<string, number[]>()
    for (const { name, lines, first } of countedModules()) {
      const seen = lines.map((_, index) => (this.#seen[first + index] ?? 0) !== 0)
      const hits = seen.filter(Boolean).length
      if (hits === 0) continue
      blocks += lines.length
      reached += hits
      missed.set(
        name,
        lines.filter((_, index) => !seen[index]),
      )
    }
    return { blocks, reached, missed }
  }

  #grow(length: number): void {
    if (length === this.#seen.length) return
    const seen = new Uint8Array(length)
    seen.set(this.#seen)
    this.#seen = seen
  }
}
