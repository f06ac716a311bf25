// What a fault is for the command, and what a row of its table says.
import type { KeepaliveTimes } from '@stalk/core'

export interface Fault {
  readonly name: string
  /** What is done, for the table. */
  readonly what: string
  /** How many messages go over, unless told otherwise. */
  readonly messages: number
  /** How many in the short version; null: it has none of this. */
  readonly shortMessages: number | null
  run(size: Size): Promise<readonly Row[]>
}

export interface Size {
  readonly messages: number
  /** Other times than the documented ones, which take a minute to pass, and one way to send instead of two. */
  readonly short?: { readonly keepalive: KeepaliveTimes }
}

export interface Row {
  /** How the messages were sent. */
  readonly by: string
  readonly messages: number
  readonly seen: readonly string[]
  /** When each side noticed, in milliseconds after the fault; for faults that end connections. */
  readonly notice?: { readonly client?: Notice; readonly listener?: Notice }
  /** From the first connection to the end. */
  readonly seconds: number
  /** What should not be; a row without is as it has to be. */
  readonly problems: readonly string[]
}

export interface Notice {
  readonly code: string
  readonly ms: number
}

/** A fault that this machine has no means for. */
export class Unavailable extends Error {}

export const MILLION = 1_000_000
