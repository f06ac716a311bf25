import { checkNames } from '../option-names.js'
import { yieldToLoop } from './turns.js'

/** How many values come at once. */
export interface BatchOptions {
  /** Values in an array at most, 1,024 unless told otherwise. */
  readonly max?: number
  /**
   * False: byte arrays are views of the memory in which the messages arrived, not copies: quicker by far. Their `buffer`
   * has other messages of the same batch in it, so do not transfer that; and whoever keeps one keeps all of it, about 64 KiB, or the whole of a
   * larger message. True unless told otherwise.
   */
  readonly copy?: boolean
}

/** The same, complete. */
interface Batching {
  readonly max: number
  readonly copy: boolean
}

/** Where values come from. */
interface Source<T> {
  /** Takes those that are here already, up to `most`. Throws for one that is none, which is taken all the same. */
  takeHere(most: number, take: (value: T) => void): void
  /** Waits for the next one; null: none comes any more. */
  receive(): Promise<T | null>
}

/** Throws TypeError, RangeError for options that make no sense. */
export function checkBatch(name: string, options: BatchOptions): Batching {
  checkNames(name, options, ['max', 'copy'])
  const { max = 1024, copy = true } = options
  if (typeof copy !== 'boolean') throw new TypeError('copy is true or false')
  if (Number.isSafeInteger(max) && max >= 1) return { max, copy }
  throw new RangeError(`max is how many values come at once, a whole number from 1 on, not ${max}`)
}

/** Values in arrays of all that is here, and a wait only where there is none. What is wrong with one is thrown after those before it. */
export async function* batches<T>(max: number, source: Source<T>): AsyncGenerator<T[], void, undefined> {
  for (;;) {
    const values: T[] = []
    const take = (value: T): void => void values.push(value)
    let hasWaited = false
    let fault: { readonly error: unknown } | null = null
    try {
      source.takeHere(max, take)
      if (values.length === 0) {
        const first = await source.receive()
        if (first === null) return
        values.push(first)
        hasWaited = true
        if (max > 1) source.takeHere(max - 1, take)
      }
    } catch (error) {
      fault = { error }
    }
    if (values.length > 0) yield values
    if (fault !== null) throw fault.error
    // whoever has waited has given others their turn
    const turn = hasWaited ? null : yieldToLoop()
    if (turn !== null) await turn
  }
}
