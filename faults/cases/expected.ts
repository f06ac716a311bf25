// What a side has to say about a connection that ended.
import type { KeepaliveTimes } from '@stalk/core'

/** What a side has to say. */
export interface Expected {
  readonly codes: readonly string[]
  /** What the time is measured from. */
  readonly after: 'strike' | 'mend'
  readonly earliestMs: number
  readonly latestMs: number
}

export type Expect = (times: KeepaliveTimes) => Expected

/** For this machine to get around to it. */
const SLACK_MS = 2_000

/** The line falls silent: so long after the last record, which was not older than the first PING. */
export const silence: Expect = ({ pingAfterMs, deadAfterMs }) => ({
  codes: ['PEER_DEAD'],
  after: 'strike',
  earliestMs: deadAfterMs,
  latestMs: pingAfterMs + deadAfterMs + SLACK_MS,
})

export function atOnce(after: Expected['after'], ...codes: string[]): Expect {
  return () => ({ codes, after, earliestMs: 0, latestMs: SLACK_MS })
}
