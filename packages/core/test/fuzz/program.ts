// Inputs that are a list of steps: `flags ‖ (kind ‖ u16 length ‖ bytes)*`. They are changed step by step, so that one change does not
// make others of all that follow.
import { mutate } from './mutate.js'
import type { Random } from './random.js'
import type { Mutate } from './target.js'

export interface Step {
  readonly kind: number
  readonly bytes: Uint8Array
}

export interface Program {
  /** A byte that says how things are set up. */
  readonly flags: number
  readonly steps: readonly Step[]
}

const maxSteps = 40

export function encodeProgram({ flags, steps }: Program): Uint8Array {
  const parts = steps.map(({ kind, bytes }) => Buffer.from([kind, bytes.length >> 8, bytes.length & 0xff, ...bytes]))
  return new Uint8Array(Buffer.concat([Uint8Array.of(flags), ...parts]))
}

/** Whatever bytes: the last step may be cut. */
export function decodeProgram(input: Uint8Array): Program {
  const steps: Step[] = []
  for (let at = 1; at + 3 <= input.length && steps.length < maxSteps;) {
    const [kind = 0, high = 0, low = 0] = input.subarray(at, at + 3)
    const end = at + 3 + high * 256 + low
    steps.push({ kind, bytes: input.slice(at + 3, end) })
    at = end
  }
  return { flags: input[0] ?? 0, steps }
}

/** Changes one to three steps: their bytes, their kind, their order. @param kinds how many there are */
export function mutateProgram(kinds: number): Mutate {
  return (input, random, corpus) => {
    const { flags, steps } = decodeProgram(input)
    const changed = [...steps]
    for (let left = 1 + random.below(3); left > 0; left -= 1) changeSteps(changed, random, { corpus, kinds })
    const newFlags = random.below(8) === 0 ? flags ^ (1 << random.below(8)) : flags
    return encodeProgram({ flags: newFlags, steps: changed.slice(0, maxSteps) })
  }
}

/** A program without one step. */
export function withoutStep(input: Uint8Array, index: number): Uint8Array | null {
  const { flags, steps } = decodeProgram(input)
  return index < steps.length ? encodeProgram({ flags, steps: steps.toSpliced(index, 1) }) : null
}

interface Material {
  readonly corpus: readonly Uint8Array[]
  readonly kinds: number
}

function changeSteps(steps: Step[], random: Random, { corpus, kinds }: Material): void {
  const at = random.below(steps.length + 1)
  const step = steps[at]
  switch (random.below(step === undefined ? 2 : 8)) {
    case 0:
      steps.splice(at, 0, {
        kind: random.below(kinds),
        bytes: Uint8Array.from({ length: random.below(4) }, () => random.below(256)),
      })
      return
    case 1: {
      const others = decodeProgram(random.oneOf(corpus)).steps
      if (others.length > 0) steps.splice(at, 0, random.oneOf(others))
      return
    }
    case 2:
      steps.splice(at, 1)
      return
    case 3:
      steps.splice(at, 0, ...Array.from({ length: random.oneOf([1, 1, 2, 20]) }, () => step!))
      return
    case 4:
      steps[at] = { kind: random.below(kinds), bytes: step!.bytes }
      return
    default: {
      const alike = steps.filter(({ kind }) => kind === step!.kind).map(({ bytes }) => bytes)
      steps[at] = { kind: step!.kind, bytes: mutate(step!.bytes, random, alike) }
    }
  }
}
