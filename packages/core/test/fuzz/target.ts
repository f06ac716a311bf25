import type { Random } from './random.js'

/** What is fuzzed. */
export interface Target {
  readonly name: string
  /** What it reads, in a few words. */
  readonly reads: string
  /** How many times as long it is fuzzed as others, 1 unless told otherwise: one input takes longer. */
  readonly weight?: number
  /** Inputs to begin with. */
  readonly seeds: readonly Uint8Array[]
  /** Pieces that inputs of this kind have, for the mutations to insert. */
  readonly dictionary?: readonly Uint8Array[]
  /** Changes an input of which it knows the structure; without, all inputs are just bytes. */
  readonly mutate?: Mutate
  /** Makes such an input shorter in the same sense. */
  readonly shorter?: Shorter
  /**
   * Takes an input of whatever form. Says in a few words what came of it: inputs with new words are kept. Throws if that is
   * not what may come of any input.
   */
  run(input: Uint8Array): string
}

/** Makes an input like another one. */
export type Mutate = (input: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array

/** An input without its part of this number; null: it has no such part. */
export type Shorter = (input: Uint8Array, part: number) => Uint8Array | null
