// Watches one stream of numbered messages over however many connections: nothing lost, nothing twice, nothing altered, in order.
import type { Arrived } from './messages.js'

export interface Problem {
  readonly kind: 'lost' | 'twice' | 'altered'
  readonly number: number
}

/** More of them say nothing new. */
const MAX_PROBLEMS = 10

export class Verifier {
  /** All messages up to this one have come over. */
  taken: number
  bytes = 0
  connections = 0
  /** Came again over a later connection, and were dropped by their numbers. */
  repeats = 0
  readonly problems: Problem[] = []

  /** @param taken what an earlier process of the same receiver had taken */
  constructor(taken = 0) {
    this.taken = taken
  }

  /** Another connection of the stream. */
  connection(): Part {
    this.connections += 1
    return new Part(this)
  }

  /** @internal */
  found(kind: Problem['kind'], number: number): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ kind, number })
  }
}

/**
 * One connection of a stream. It may begin with messages that came before, as a sender cannot know what arrived over the connection that was
 * lost; from there each message is the one after the last, or something is wrong.
 */
export class Part {
  readonly #stream: Verifier
  #last: number | null = null

  /** @internal */
  constructor(stream: Verifier) {
    this.#stream = stream
  }

  /** Whether messages before this one are missing that an older connection may still bring: then it is not to be taken yet. */
  isAhead({ number }: Arrived): boolean {
    return this.#last === null && number > this.#stream.taken + 1
  }

  take({ number, bytes, isIntact }: Arrived): void {
    const stream = this.#stream
    const due = this.#last === null ? Math.min(number, stream.taken + 1) : this.#last + 1
    if (!isIntact) stream.found('altered', number)
    if (number < due) stream.found('twice', number)
    if (number > due) stream.found('lost', due)
    this.#last = Math.max(this.#last ?? 0, number)
    if (number <= stream.taken) {
      stream.repeats += 1
      return
    }
    stream.taken = number
    stream.bytes += bytes
  }
}
