import type { Duplex } from 'node:stream'
import { Connection, type SignWith } from '../connection/connection.js'
import type { OpeningTimes } from '../connection/opening.js'
import { SigningQueue } from '../connection/signing-queue.js'
import { checkTimeout } from '../connection/timeouts.js'
import type { StalkError } from '../errors.js'
import type { AuthorizeRequest } from '../session/session.js'
import { rejectCodes } from '../stalk2/control-records.js'
import { authorize, type Authorize } from './authorize.js'
import { responderSession } from './fresh-session.js'
import { settle, type CommonOptions, type Settings } from './options.js'

/** Options of a listening side, for each of its connections. */
export interface ResponderOptions extends CommonOptions {
  /** How long a peer may take for its handshake, 10,000 unless told otherwise. */
  readonly handshakeTimeoutMs?: number
  /** Whether peers without an identity may come in: `connection.peerIdentity` is null then. False unless told otherwise. stalk/2 only. */
  readonly allowAnonymous?: boolean
  /**
   * Decides whether a peer may come in, who has proved its identity by then: true, false, or false with a reason that `connect` reports
   * there; `authorizedPeers(file)` is one. Without it everybody may who has an identity. Whatever it throws is a no. stalk/2 only.
   */
  readonly authorize?: Authorize
  /** How long `authorize` may take, 30,000 unless told otherwise. */
  readonly authorizeTimeoutMs?: number
}

export const responderNames = ['handshakeTimeoutMs', 'allowAnonymous', 'authorize', 'authorizeTimeoutMs'] as const

const HANDSHAKE_TIMEOUT_MS = 10_000
const AUTHORIZE_TIMEOUT_MS = 30_000

/** Half of Node’s thread pool, unless somebody made that larger. */
const SIGNATURES_AT_ONCE = 2

/** A listening side whose options were checked. */
export interface ResponderSettings extends Settings {
  readonly times: OpeningTimes
  readonly allowAnonymous: boolean
  readonly authorize: Authorize | undefined
  /** Shared by all connections of a listener. */
  readonly signing: SigningQueue
}

/** A line from a peer. */
export interface PeerLine<Socket extends Duplex> {
  readonly socket: Socket
  readonly host: string
  readonly port: number
}

/** @throws TypeError, RangeError for options that make no sense; StalkError IDENTITY_* */
export async function settleResponder(options: ResponderOptions): Promise<ResponderSettings> {
  const handshakeMs = checkTimeout('handshakeTimeoutMs', options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS)
  const verdictMs = checkTimeout('authorizeTimeoutMs', options.authorizeTimeoutMs ?? AUTHORIZE_TIMEOUT_MS)
  const { allowAnonymous = false, authorize: decide } = options
  if (decide !== undefined && typeof decide !== 'function') {
    throw new TypeError('authorize takes a function; authorizedPeers(file) is a promise of one: await it')
  }
  const settings = await settle(options)
  const times = { handshakeMs, verdictMs, isOurVerdict: true }
  const signing = new SigningQueue(SIGNATURES_AT_ONCE)
  return { ...settings, times, allowAnonymous, authorize: decide, signing }
}

/** Asked when a peer is about to come in: what keeps it out all the same, or null. */
export type Admit = () => StalkError | null

/** A connection over a line; its handshake begins with `opened`. */
export function responderConnection<Socket extends Duplex>(
  { socket, host, port }: PeerLine<Socket>,
  settings: ResponderSettings,
  admit: Admit = () => null,
): Connection<Socket> {
  const { authorize: decide, allowAnonymous, signing, ...common } = settings
  const session = responderSession(settings, allowAnonymous)
  const signWith: SignWith = (make) => signing.run(make)
  const parts = { ...common, role: 'responder' as const, socket, session, host, port, signWith, unverified: false }
  return new Connection({
    ...parts,
    authorize: (request) => {
      const admitted = { ...request, accept: (now: number) => acceptIf(admit, request, now) }
      if (decide === undefined) admitted.accept(performance.now())
      else void authorize(decide, admitted, { host, port })
    },
  })
}

function acceptIf(admit: Admit, request: AuthorizeRequest, now: number): void {
  const refusal = admit()
  if (refusal === null) request.accept(now)
  else request.reject(refusal, { code: rejectCodes.busy, reason: '' })
}
