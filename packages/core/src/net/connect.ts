import { createConnection, type Socket } from 'node:net'
import { withCaller } from '../connection/caller.js'
import type { Connection } from '../connection/connection.js'
import { StalkError } from '../errors.js'
import { openInitiator, openTrusted, settleInitiator, type ConnectSettings } from './initiator.js'
import { checkAddress, socketOptions } from './options.js'
import type { ServerCheck } from './trust.js'

/** Options of {@link connect}: say either who the server must be, or that you do not check it. */
export type ConnectOptions = ConnectSettings & ServerCheck

/**
 * Connects to a listener and proves to each side who the other is.
 *
 * @throws TypeError or RangeError for options that make no sense; the signal’s reason if it aborts; StalkError CONNECT_FAILED,
 *   HANDSHAKE_TIMEOUT, HANDSHAKE_TRUNCATED, PIN_*, PEER_*, REJECTED_*, FOREIGN_PROTOCOL, STALK2_*, NOISE_*, RECORD_*, IDENTITY_*, RSA_*;
 *   over stalk/1 STALK1_*
 */
export function connect(host: string, port: number, options: ConnectOptions): Promise<Connection<Socket>> {
  return withCaller(open(host, port, options))
}

async function open(host: string, port: number, options: ConnectOptions): Promise<Connection<Socket>> {
  checkAddress(host, port, 1)
  const settings = await settleInitiator(options)
  const { signal } = settings
  return openTrusted({ host, port }, settings, async (session, deadline) => {
    const timeoutMs = Math.max(1, Math.ceil(deadline - performance.now()))
    const socket = createConnection({ host, port, ...socketOptions })
    await connected(socket, `${host} port ${port}`, { timeoutMs, signal })
    return openInitiator({ socket, host, port }, session, settings, deadline)
  })
}

interface Patience {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Waits for the line; a socket that did not get there is destroyed. */
function connected(socket: Socket, address: string, { timeoutMs, signal }: Patience): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError).off('connect', onConnect)
    }
    const fail = (error: Error): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const failed = (reason: string, cause?: Error): void =>
      fail(new StalkError('CONNECT_FAILED', `cannot connect to ${address}: ${reason}`, cause))
    const onAbort = (): void => fail(signal?.reason as Error)
    const onError = (cause: Error): void => failed(describe(cause), cause)
    const onConnect = (): void => {
      settle()
      resolve()
    }
    const timer = setTimeout(() => failed(`no answer within ${timeoutMs} ms`), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError).once('connect', onConnect)
    if (signal?.aborted) onAbort()
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
