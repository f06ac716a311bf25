import { createConnection, type Socket } from 'node:net'
import { Connection } from '../connection/connection.js'
import { checkTimeout } from '../connection/timeouts.js'
import { StalkError } from '../errors.js'
import { Identity, requireProtocol } from '../identity/identity.js'
import { initiatorSession } from './fresh-session.js'
import { checkAddress, checkOptions, settle, socketOptions, type CommonOptions } from './options.js'

/** Options of {@link connect}: say either who the server must be, or that you do not check it. */
export type ConnectOptions = ConnectSettings & ServerCheck

/** Whom to expect. */
export type ServerCheck =
  | {
      /** The server’s identity: the connection fails unless the server proves to be it. */
      readonly serverIdentity: Identity
      readonly unverified?: false
    }
  | {
      /** True: connect without checking who the server is. Anybody on the line may then be the server. */
      readonly unverified: true
      readonly serverIdentity?: never
    }

/** Options of {@link connect} other than whom to expect. */
export interface ConnectSettings extends CommonOptions {
  /**
   * Until the connection is there, in all. Unless told otherwise, 10,000 until both sides have proved who they are, and 30,000 more for a
   * listener that has to decide whether we may come in.
   */
  readonly timeoutMs?: number
  /** True: connect without an identity of our own, which the listener has to allow. stalk/2 only. */
  readonly anonymous?: boolean
  /** Gives up the attempt; has no effect on an established connection. */
  readonly signal?: AbortSignal
}

const HANDSHAKE_TIMEOUT_MS = 10_000
const VERDICT_TIMEOUT_MS = 30_000

/**
 * Connects to a listener and proves to each side who the other is.
 *
 * @throws TypeError or RangeError for options that make no sense; the signal’s reason if it aborts; StalkError CONNECT_FAILED,
 *   HANDSHAKE_TIMEOUT, HANDSHAKE_TRUNCATED, PIN_*, REJECTED_*, FOREIGN_PROTOCOL, STALK2_*, NOISE_*, RECORD_*, IDENTITY_*, RSA_*; over
 *   stalk/1 STALK1_*
 */
export async function connect(host: string, port: number, options: ConnectOptions): Promise<Connection<Socket>> {
  checkAddress(host, port, 1)
  checkOptions(options, ['serverIdentity', 'unverified', 'timeoutMs', 'signal', 'anonymous'])
  const pin = choosePin(options)
  const timeoutMs = checkTimeout('timeoutMs', options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS)
  const verdictMs = options.timeoutMs === undefined ? VERDICT_TIMEOUT_MS : null
  const { signal, anonymous = false } = options
  if (anonymous && options.identity !== undefined) throw new TypeError('say either identity or anonymous: true')
  signal?.throwIfAborted()
  const settings = await settle(options, anonymous)
  const session = initiatorSession(settings, pin)
  signal?.throwIfAborted()

  const socket = createConnection({ host, port, ...socketOptions })
  const onAbort = (): void => void socket.destroy()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const deadline = performance.now() + timeoutMs
    await connected(socket, `${host} port ${port}`, timeoutMs)
    const { identity, autoFlush } = settings
    const unverified = pin === null
    const connection = new Connection({ socket, session, host, port, identity, unverified, autoFlush })
    const handshakeMs = Math.max(1, Math.ceil(deadline - performance.now()))
    await connection.opened({ handshakeMs, verdictMs, isOurVerdict: false })
    return connection
  } catch (error) {
    // once there is a connection, it ends the line itself: it may have to tell the peer why
    if (socket.connecting || signal?.aborted) socket.destroy()
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function choosePin(options: ConnectOptions): Identity | null {
  // Callers without types may say neither or both.
  const { serverIdentity, unverified } = options as { serverIdentity?: unknown; unverified?: unknown }
  if (serverIdentity === undefined && unverified !== true) {
    throw new TypeError(
      'connect needs to know whom to expect: pass serverIdentity (the server prints it, or `stalk id` on its machine), ' +
        'or unverified: true to connect to whoever answers',
    )
  }
  if (serverIdentity !== undefined && unverified === true) {
    throw new TypeError('pass either serverIdentity or unverified: true, not both')
  }
  if (serverIdentity === undefined) return null
  if (!(serverIdentity instanceof Identity)) {
    throw new TypeError('serverIdentity takes an Identity: Identity.parse(text) makes one from its text')
  }
  requireProtocol(serverIdentity, options.protocol ?? 'stalk/2', 'the pinned identity')
  return serverIdentity
}

function connected(socket: Socket, address: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error): void => {
      clearTimeout(timer)
      reject(new StalkError('CONNECT_FAILED', `cannot connect to ${address}: ${reason}`, cause))
    }
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs)
    socket.once('error', (cause) => fail(describe(cause), cause))
    socket.once('close', () => fail('the attempt was given up'))
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function describe(cause: Error): string {
  // A name with several addresses: one error for each, and none of its own.
  const [first] =
    cause instanceof AggregateError ? (cause.errors as NodeJS.ErrnoException[]) : [cause as NodeJS.ErrnoException]
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'there is no such host',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
  }
  const code = first?.code ?? ''
  const reason = known[code]
  return reason === undefined ? (first?.message ?? cause.name) : `${reason} (${code})`
}
