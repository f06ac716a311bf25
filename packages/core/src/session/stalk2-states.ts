import type { PeerStatement } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { Limits } from '../limits.js'
import type { Candidate } from '../stalk2/admission.js'
import type { ByteQueue } from '../stalk2/byte-queue.js'
import type { ChannelTerms } from '../stalk2/channel-control.js'
import type { Initiator, InitiatorOptions } from '../stalk2/initiator.js'
import type { KeepaliveTimes } from '../stalk2/keepalive.js'
import type { Preamble } from '../stalk2/preamble.js'
import type { RecordNumbers } from '../stalk2/record-layer.js'
import type { Responder, ResponderOptions } from '../stalk2/responder.js'
import type { Suite } from '../stalk2/suites.js'
import type { TransportKeys } from '../stalk2/transport-keys.js'
import type { SessionEvent } from './session.js'

/** What both roles have in common. */
interface CommonOptions {
  /** Null: no sign of life is asked for. */
  readonly keepalive: KeepaliveTimes | null
  /** Others than the wire constants: only for tests. */
  readonly recordNumbers?: RecordNumbers | undefined
}

export interface Stalk2InitiatorOptions extends InitiatorOptions, CommonOptions {}
export interface Stalk2ResponderOptions extends ResponderOptions, CommonOptions {}

/** Every state of a stalk/2 session; what each does with bytes stands in the table of `Stalk2Session`. */
export type State =
  // the initiator
  | { readonly phase: 'awaitReply'; readonly initiator: Initiator; readonly isRetried: boolean }
  | { readonly phase: 'awaitB'; readonly initiator: Initiator }
  | { readonly phase: 'awaitVerdict'; readonly initiator: Initiator; readonly responder: Identity }
  // the responder
  | { readonly phase: 'awaitPreamble'; readonly options: ResponderOptions }
  | {
      readonly phase: 'awaitUnknownA'
      readonly options: ResponderOptions
      readonly preamble: Preamble
      readonly suite: Suite
    }
  | { readonly phase: 'awaitA'; readonly responder: Responder }
  | { readonly phase: 'awaitC'; readonly responder: Responder }
  | { readonly phase: 'authorizing'; readonly candidate: Candidate; readonly end: PeerStatement | null }
  // both
  | { readonly phase: 'signing'; readonly handshake: Initiator | Responder }
  | EstablishedState

/** The handshake that is under way in a state, before there are keys; null: there is none. */
export function handshakeOf(state: State): Initiator | Responder | null {
  switch (state.phase) {
    case 'awaitReply':
    case 'awaitB':
      return state.initiator
    case 'awaitA':
    case 'awaitC':
      return state.responder
    case 'signing':
      return state.handshake
    case 'awaitVerdict':
    case 'awaitPreamble':
    case 'awaitUnknownA':
    case 'authorizing':
    case 'established':
      return null
  }
}

export interface EstablishedState {
  readonly phase: 'established'
  readonly peerIdentity: Identity | null
  readonly applicationProtocol: string | null
  /** Longest message that the peer accepts; null: it did not say. */
  readonly maxMessageBytes: number | null
  /** What the peer said about channels; null: nothing. */
  readonly channels: ChannelTerms | null
}

/** What a step of the handshake works with. It gives the next state, or null when it needs more bytes. */
export interface StepContext {
  readonly limits: Limits
  readonly queue: ByteQueue
  /** Bytes for the peer. */
  readonly output: (bytes: Uint8Array) => void
  /** Something for whoever drives the session. */
  readonly tell: (event: SessionEvent) => void
  /** Has `message` of a handshake signed, and goes on from there: gives the state in which that is waited for. */
  readonly sign: (
    handshake: Initiator | Responder,
    message: Uint8Array,
    next: (signature: Uint8Array) => State,
  ) => State
  /** There are keys: whatever fails from here on is said in a record. */
  readonly openChannel: (suite: Suite, keys: TransportKeys) => void
}
