import path from 'node:path'

/** A file of the testkit. */
export function kitPath(name: string): string {
  return path.resolve(import.meta.dirname, '../../../../test-vectors/stalk2', name)
}

/** A transcript of transcripts.json: test-vectors/stalk2/README.md explains every field. */
export interface KitTranscript {
  readonly name: string
  readonly you: {
    readonly role: 'initiator' | 'responder'
    readonly identity: string | null
    /** The identity that the initiator expects; null: it takes any. */
    readonly pin: string | null
    readonly suites: readonly number[]
    readonly allowAnonymous: boolean
    readonly applicationProtocols: readonly string[] | null
    readonly maxMessageBytes: number
    /** What you offer of channels; missing: none. */
    readonly channels?: { readonly creditBytes: number; readonly maxChannels: number }
    /** Private keys, in the order in which they are needed. */
    readonly x25519: readonly string[]
    /** What the identity signs with, in the order in which it is asked to. */
    readonly signatures: readonly string[]
  }
  readonly steps: readonly KitStep[]
  readonly expect: KitExpectation
}

export type KitStep =
  /** Bytes from the peer. */
  | { readonly receive: string }
  /** Bytes for the peer: exactly these. */
  | { readonly send: string }
  /** What the application does. */
  | { readonly do: 'accept' | 'end' }
  | { readonly do: 'message'; readonly compact: string }
  | { readonly do: 'reject'; readonly code: number; readonly reason: string }
  | { readonly do: 'open'; readonly name: string; readonly priority: 'interactive' | 'normal' | 'bulk' }
  | { readonly do: 'messageOn'; readonly channel: number; readonly compact: string }
  | { readonly do: 'endChannel'; readonly channel: number }
  | { readonly do: 'reset'; readonly channel: number; readonly code: number; readonly reason: string }
  /** The line ends. */
  | { readonly lineEnds: true }

export interface KitExpectation {
  readonly established: boolean
  /** What arrives, in the compact form. */
  readonly messages: readonly string[]
  /** Code and reason of the peer’s CLOSE{0}; null: none came. */
  readonly end: { readonly code: number; readonly reason: string } | null
  /** What came on channels, in the order of their numbers; missing: nothing. */
  readonly channels?: readonly KitChannel[]
  readonly error: string | null
  /** In which part of the protocol the error is found; null: there is none. */
  readonly stage: 'preamble' | 'A' | 'reply' | 'B' | 'C' | 'verdict' | 'record' | 'end' | null
  /** What the peer is told of the error. */
  readonly tells: 'nothing' | `refusal ${number}` | `reject ${number}` | `close ${number}`
}

/** What came on a channel. */
export interface KitChannel {
  readonly channel: number
  /** As the peer opened it; null: you did. */
  readonly opened: { readonly name: string; readonly priority: string } | null
  /** In the compact form. */
  readonly messages: readonly string[]
  /** How the peer ended it: `end`, `truncated` by the end of the connection, or what it said when it gave it up; null: not. */
  readonly end: 'end' | 'truncated' | { readonly code: number; readonly reason: string } | null
}

/** The records under one key: an entry of records.json. */
export interface KitRecords {
  readonly suite: number
  /** The key that Split gave. */
  readonly key: string
  readonly records: readonly { readonly counter: number; readonly plaintext: string; readonly record: string }[]
}

/** The files of the testkit that are made from the cases. */
export const kitFiles = { transcripts: kitPath('transcripts.json'), records: kitPath('records.json') }

/** How they are written: one entry a line. */
export function encodeKitFile(name: 'transcripts' | 'records', entries: readonly object[]): string {
  const lines = entries.map((entry) => JSON.stringify(entry))
  return `{"${name}":[\n${lines.join(',\n')}\n]}\n`
}
