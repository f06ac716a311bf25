import type { Duplex } from 'node:stream'
import { abortable } from '../connection/abortable.js'
import { Connection } from '../connection/connection.js'
import { checkTimeout } from '../connection/timeouts.js'
import { StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import { expectPins, type PeerCheck } from '../identity/pins.js'
import type { Session } from '../session/session.js'
import { cutOnAbort } from './cut-on-abort.js'
import { initiatorSession } from './fresh-session.js'
import { checkOptions, settle, type CommonOptions, type Settings } from './options.js'
import {
  isUnknownPeer,
  trustOf,
  type Expectation,
  type ServerAddress,
  type ServerCheck,
  type TrustPolicy,
} from './trust.js'

/** Options of a connecting side other than whom to expect. */
export interface ConnectSettings extends CommonOptions {
  /**
   * Until the connection is there, in all, but for the time that a policy takes to `ask`. Unless told otherwise, 10,000 until both sides
   * have proved who they are, and 30,000 more for a listener that has to decide whether we may come in.
   */
  readonly timeoutMs?: number
  /** True: connect without an identity of our own, which the listener has to allow. stalk/2 only. */
  readonly anonymous?: boolean
  /** Gives up the attempt, whatever it waits for; has no effect on an established connection. */
  readonly signal?: AbortSignal
}

const HANDSHAKE_TIMEOUT_MS = 10_000
const VERDICT_TIMEOUT_MS = 30_000

/** A connecting side whose options were checked. */
export interface InitiatorSettings extends Settings {
  /** Null: whoever answers. */
  readonly trust: TrustPolicy | null
  readonly timeoutMs: number
  readonly verdictMs: number | null
  readonly signal: AbortSignal | undefined
}

/** A line to a server. */
export interface ServerLine<Socket extends Duplex> extends ServerAddress {
  readonly socket: Socket
}

/** @throws TypeError, RangeError for options that make no sense; the signal’s reason; StalkError IDENTITY_*, RSA_* */
export async function settleInitiator(
  options: ConnectSettings & ServerCheck,
  moreNames: readonly string[] = [],
): Promise<InitiatorSettings> {
  checkOptions(options, [...initiatorNames, ...moreNames])
  const trust = trustOf(options, options.protocol ?? 'stalk/2')
  const timeoutMs = checkTimeout('timeoutMs', options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS)
  const verdictMs = options.timeoutMs === undefined ? VERDICT_TIMEOUT_MS : null
  const { signal, anonymous = false } = options
  if (anonymous && options.identity !== undefined) throw new TypeError('say either identity or anonymous: true')
  signal?.throwIfAborted()
  const settings = await settle(options, anonymous)
  signal?.throwIfAborted()
  return { ...settings, trust, timeoutMs, verdictMs, signal }
}

export const initiatorNames = ['serverIdentity', 'unverified', 'timeoutMs', 'signal', 'anonymous'] as const

/**
 * Opens connections to a server, at most two: the first may end with a question whether to trust it.
 *
 * @param attempt makes a line and the connection over it by `deadline`; given a fresh session
 */
export async function openTrusted<Socket extends Duplex>(
  server: ServerAddress,
  settings: InitiatorSettings,
  attempt: (session: Session, deadline: number) => Promise<Connection<Socket>>,
): Promise<Connection<Socket>> {
  const { trust, protocol, timeoutMs, verdictMs, signal } = settings
  let deadline = performance.now() + timeoutMs
  const expecting = (check: PeerCheck | null): Promise<Connection<Socket>> =>
    attempt(initiatorSession(settings, check), deadline)
  if (trust === null) return expecting(null)
  const untilHandshake = { signal, deadline, timeoutMs }
  const expectation = await inTime('say whom to expect', untilHandshake, () => trust.expect(server, protocol))
  const unknown = { identity: null as Identity | null }
  const check: PeerCheck = (identity) => {
    unknown.identity = identity
    expectation.check(identity)
  }
  let connection: Connection<Socket>
  try {
    connection = await expecting(check)
  } catch (error) {
    const { identity } = unknown
    if (!isUnknownPeer(error) || identity === null || expectation.ask === undefined) throw error
    // whoever has to compare fingerprints takes the time that it takes
    const askedAt = performance.now()
    if (!(await abortable(Promise.resolve(expectation.ask(identity)), signal))) throw error
    deadline += performance.now() - askedAt
    connection = await expecting(expectPins([identity], protocol))
  }
  const inAllMs = timeoutMs + (verdictMs ?? 0)
  const untilTheEnd = { signal, deadline: deadline - timeoutMs + inAllMs, timeoutMs: inAllMs }
  await cutOnAbort(connection.socket, signal, () => remember(expectation, connection, untilTheEnd))
  return connection
}

async function remember({ remember: keep }: Expectation, connection: Connection, patience: Patience): Promise<void> {
  const { peerIdentity } = connection
  if (keep === undefined || peerIdentity === null) return
  try {
    await inTime('remember the server', patience, (signal) => keep(peerIdentity, { signal }))
  } catch (error) {
    connection.abort(error instanceof StalkError ? error : undefined)
    throw error
  }
}

interface Patience {
  readonly signal: AbortSignal | undefined
  readonly deadline: number
  /** How long that was, in all. */
  readonly timeoutMs: number
}

/** Waits for what a policy does: no longer than until the deadline, or until the signal aborts. The policy is told to give up then. */
async function inTime<Result>(
  what: string,
  { signal, deadline, timeoutMs }: Patience,
  run: (giveUp: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const giveUp = new AbortController()
  const onAbort = (): void => giveUp.abort(signal?.reason)
  const onTimeout = (): void => {
    const reason = `the policy that serverIdentity is did not ${what} before ${timeoutMs} ms were over`
    giveUp.abort(new StalkError('HANDSHAKE_TIMEOUT', reason))
  }
  const timer = setTimeout(onTimeout, Math.max(1, Math.ceil(deadline - performance.now())))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await abortable(Promise.resolve(run(giveUp.signal)), giveUp.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** The handshake over a line. Aborting the signal cuts the line. */
export async function openInitiator<Socket extends Duplex>(
  { socket, host, port }: ServerLine<Socket>,
  session: Session,
  settings: InitiatorSettings,
  deadline: number,
): Promise<Connection<Socket>> {
  const { verdictMs, signal, trust } = settings
  const connection = new Connection({
    ...settings,
    role: 'initiator',
    socket,
    session,
    host,
    port,
    unverified: trust === null,
  })
  const handshakeMs = Math.max(1, Math.ceil(deadline - performance.now()))
  await cutOnAbort(socket, signal, () => connection.opened({ handshakeMs, verdictMs, isOurVerdict: false }))
  return connection
}
