// Faults that end connections: each side has to notice in time and say what happened, and everything comes over all the same.
import { setTimeout as pause } from 'node:timers/promises'
import type { KeepaliveTimes } from '@stalk/core'
import { now } from '../programs/reports.js'
import { Stage, type SenderOptions, type StageOptions, type Stream } from '../support/stage.js'
import type { Expect, Expected } from './expected.js'
import { MILLION, type Fault, type Row, type Size } from './fault.js'
import { Watch } from './watch.js'

export interface Ending extends Pick<Fault, 'name' | 'what'> {
  readonly shortMessages?: number
  readonly stage?: StageOptions
  readonly sender?: SenderOptions
  /** How messages go over; `connect` and `reconnecting` unless told otherwise. */
  readonly modes?: readonly Stream['mode'][]
  /** Null: the side is killed, and has nothing to say. */
  readonly client: Expect | null
  readonly listener: Expect | null
  /** The listener itself is stopped or killed, and its neighbour’s connection with it. */
  readonly hitsListener?: boolean
  strike(stage: Stage, streams: readonly Stream[]): unknown
  /** So long after the strike, and not before it was noticed. */
  mendAfterMs?(times: KeepaliveTimes): number
  mend?(stage: Stage, streams: readonly Stream[]): unknown
}

/** What the documentation promises where nothing else is said: SPEC, stalk/2 §10. */
const documentedTimes: KeepaliveTimes = { pingAfterMs: 15_000, deadAfterMs: 45_000 }

export function ending(fault: Ending): Fault {
  const { name, what, shortMessages = null } = fault
  return { name, what, messages: MILLION, shortMessages, run: (size) => run(fault, size) }
}

async function run(fault: Ending, { messages, short }: Size): Promise<readonly Row[]> {
  const times = short?.keepalive ?? documentedTimes
  const stage = await Stage.make({ ...fault.stage, keepalive: short?.keepalive })
  try {
    const allModes = fault.modes ?? (['plain', 'reconnecting'] as const)
    const modes = short === undefined ? allModes : allModes.slice(-1)
    const streams = await Promise.all(
      modes.map((mode) => stage.begin(mode, messages, () => Promise.resolve(fault.sender ?? {}))),
    )
    await Promise.all(streams.map((stream) => stage.taken(stream, messages / 50)))
    const watches = streams.map((stream) => new Watch(stage, stream))
    const struckAt = now()
    await fault.strike(stage, streams)
    const look = (after: Expected['after'], at: number): Promise<unknown> =>
      Promise.all(
        watches.map(async (watch) => {
          await watch.look('client', fault.client?.(times), after, at)
          await watch.look('listener', fault.listener?.(times), after, at)
        }),
      )
    await look('strike', struckAt)
    await pause(Math.max(0, struckAt + (fault.mendAfterMs?.(times) ?? 0) - now()))
    const mendedAt = now()
    await fault.mend?.(stage, streams)
    await look('mend', mendedAt)
    const results = await Promise.all(streams.map((stream) => stage.finish(stream)))
    const others = await stage.seeOthers(fault.hitsListener)
    return watches.map((watch, index) => watch.row(results[index], index === 0 ? others : { seen: [], problems: [] }))
  } finally {
    await stage.end()
  }
}
