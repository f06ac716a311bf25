import type { Stage } from './stage.js'

/** Sizes of a scenario, by name. */
export type Sizes = Readonly<Record<string, number>>

/** What somebody asked for on the command line. */
export interface Wishes {
  readonly minutes: number | null
  readonly connections: number | null
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Connections of the process that has most, for each of which it needs a descriptor. */
  descriptors(isShort: boolean, wishes: Wishes): number
  run(stage: Stage, isShort: boolean, wishes: Wishes): Promise<void>
}

/** A scenario of its sizes, which are also those that a test gives it. */
export function scenario<S extends Sizes>(parts: {
  readonly name: string
  readonly title: string
  readonly full: S
  readonly short: S
  /** The size that `--minutes` and `--connections` stand for; null: none. */
  readonly seconds: keyof S | null
  readonly connections: keyof S | null
  readonly descriptors: (sizes: S) => number
  readonly run: (stage: Stage, sizes: S) => Promise<void>
}): Scenario {
  const sizes = (isShort: boolean, { minutes, connections }: Wishes): S => ({
    ...(isShort ? parts.short : parts.full),
    ...(minutes === null || parts.seconds === null ? {} : { [parts.seconds]: minutes * 60 }),
    ...(connections === null || parts.connections === null ? {} : { [parts.connections]: connections }),
  })
  return {
    name: parts.name,
    title: parts.title,
    descriptors: (isShort, wishes) => parts.descriptors(sizes(isShort, wishes)),
    run: (stage, isShort, wishes) => parts.run(stage, sizes(isShort, wishes)),
  }
}
