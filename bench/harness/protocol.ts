/** What a process is told to be. */
export interface Setup {
  readonly role: 'server' | 'client' | 'codec'
  readonly scenario: string
  readonly contestant: string
  readonly directory: string
  readonly caseIndex: number
  /** Of the server; 0 for any free one. */
  readonly port: number
}

export type Command =
  | { readonly do: 'start'; readonly setup: Setup }
  | { readonly do: 'enter'; readonly caseIndex: number }
  /** A round begins: starts the accounts; `count` messages will come on each connection. */
  | { readonly do: 'begin'; readonly count: number }
  | { readonly do: 'run'; readonly count: number }
  /** The round is over: gives an account of it. */
  | { readonly do: 'end' }

/** What a server answers to `start`. */
export interface Started {
  readonly port: number
  readonly helpers: readonly number[]
}

/** What a client answers to `run`: times of the machine’s monotonic clock, in milliseconds. */
export interface Ran {
  readonly startedAt: number
  readonly finishedAt: number
  readonly values: Readonly<Record<string, number>>
}

/** What every process answers to `end`. */
export interface Account {
  readonly cpuSeconds: number
  readonly memoryGrowth: number
}

export type Answer = { readonly id: number; readonly result: unknown } | { readonly failure: string }
