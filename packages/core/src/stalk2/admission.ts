import { StalkError, type PeerStatement } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { ChannelTerms } from './channel-control.js'
import { rejectCodes } from './control-records.js'
import { readPayload } from './payload.js'
import { encodeRefusal, refusalCodes, type Preamble } from './preamble.js'
import type { InitiatorClaims, Responder } from './responder.js'
import { suiteOf, type Suite } from './suites.js'
import { chooseApplicationProtocol } from './verdict.js'

/** The suite that a responder takes: the first of the initiator’s that it accepts. Throws STALK2_NO_SUITE. */
export function chooseSuite({ suiteIds }: Preamble, accepted: readonly Suite[]): Suite {
  const id = suiteIds.find((offered) => accepted.some((suite) => suite.id === offered))
  const suite = id === undefined ? undefined : suiteOf(id)
  if (suite !== undefined) return suite
  throw new StalkError(
    'STALK2_NO_SUITE',
    `none of the suites ${suiteIds.join(', ')} that the peer offers is known here`,
  )
}

/** What an initiator is told in clear, as long as its first message was not answered; null: nothing. */
export function refusalOf({ code, fault }: StalkError): Uint8Array | null {
  // whoever does not speak stalk/2 would not understand it
  if (code === 'FOREIGN_PROTOCOL' || fault !== 'peer') return null
  return encodeRefusal(code === 'STALK2_NO_SUITE' ? refusalCodes.noSuite : refusalCodes.malformed)
}

/** Carries a peer that is turned away to whoever tells it: the error here, and what it is told. Never leaves the session. */
export class Rejection extends Error {
  readonly error: StalkError
  readonly statement: PeerStatement

  constructor(error: StalkError, statement: PeerStatement) {
    super(error.message)
    this.error = error
    this.statement = statement
  }
}

/** What an initiator may be let in with, once somebody has said so. */
export interface Candidate {
  /** Null: anonymous. */
  readonly identity: Identity | null
  readonly applicationProtocol: string | null
  /** Longest message that it accepts; null: it did not say. */
  readonly maxMessageBytes: number | null
  /** What it says about channels; null: there will be none. */
  readonly channels: ChannelTerms | null
}

/**
 * Judges what the initiator says in C, proof first (SPEC, stalk/2 §6).
 *
 * Throws STALK2_PAYLOAD_*, or a {@link Rejection} with the codes of `Responder.verify`, ANONYMOUS_REFUSED, NO_APPLICATION_PROTOCOL.
 */
export function judge(responder: Responder, claims: InitiatorClaims): Candidate {
  const { options } = responder
  const payload = readPayload(claims.payload, 'C')
  const identity = orReject({ code: rejectCodes.notAuthenticated, reason: '' }, () => responder.verify(payload, claims))
  if (identity === null && !options.allowAnonymous) {
    const error = new StalkError('ANONYMOUS_REFUSED', 'the peer shows no identity, and this listener wants one')
    throw new Rejection(error, { code: rejectCodes.identityRequired, reason: 'an identity is required' })
  }
  const applicationProtocol = orReject({ code: rejectCodes.noProtocol, reason: '' }, () =>
    chooseApplicationProtocol(payload.applicationProtocols, options.applicationProtocols),
  )
  const { maxMessageBytes, channels } = payload
  return { identity, applicationProtocol, maxMessageBytes, channels }
}

function orReject<Result>(statement: PeerStatement, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    throw error instanceof StalkError ? new Rejection(error, statement) : error
  }
}
