import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Connection as StreamConnection } from '../connection/connection.js'
import { withCaller } from '../connection/caller.js'
import { diagnostics } from '../connection/diagnostics.js'
import { checkTimeout } from '../connection/timeouts.js'
import { describeThrown, stackOfThrown, StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { Protocol } from '../identity/rsa-rules.js'
import { checkNames } from '../option-names.js'
import { HalfOpenSockets, type HalfOpen } from './half-open.js'
import { ListenerCounters, type ListenerMetrics } from './listener-metrics.js'
import { isPromiseLike } from './promise-like.js'
import { networkOf, RateLimiter, type Rate } from './rate-limiter.js'
import { encodeRefusal, refusalCodes } from '../stalk2/preamble.js'
import { checkAddress, checkOptions, ownIdentity, socketOptions } from './options.js'
import {
  responderConnection,
  responderNames,
  settleResponder,
  type Admit,
  type ResponderOptions,
  type PeerLine,
  type ResponderSettings,
} from './responder.js'

/** A connection over TCP. */
export type Connection = StreamConnection<Socket>

/** Where an error on a listener came from. */
export interface ListenerErrorInfo {
  /** `host:port` of the peer; null for an error of the listening socket itself. */
  readonly peer: string | null
  /** The connection, if its handshake was complete. */
  readonly connection: Connection | null
}

/** Options of {@link listen}. */
export interface ListenOptions extends ResponderOptions {
  /**
   * How many handshakes may be unfinished at once, 1,000 unless told otherwise: beyond, the oldest of the busiest address is given up. One
   * that failed counts until its socket is gone.
   */
  readonly maxHandshakes?: number
  /** How many connections there may be at once, 10,000 unless told otherwise: beyond, peers are told that the listener is busy. */
  readonly maxConnections?: number
  /**
   * How often one address (of IPv6: one /64) may begin a handshake, 100 a second and 1,000 at once unless told otherwise; false: as often
   * as it likes. Beyond, it is told that the listener is busy.
   */
  readonly handshakeRate?: Partial<Rate> | false
  /** Closes the listener when it aborts. */
  readonly signal?: AbortSignal
  /**
   * Told of every failed handshake and of everything that a handler throws. Without it, failed handshakes are ignored, and what a
   * handler throws becomes a process warning unless it only says that its connection’s line is gone.
   */
  readonly onError?: (error: unknown, info: ListenerErrorInfo) => unknown
}

/**
 * Serves one connection. If it returns a promise, the connection lives as long as that: it is closed when the promise resolves and cut
 * when it rejects. Otherwise it stays open until this side closes it or, as with Node’s own sockets, the peer has sent its last.
 */
export type Handler = (connection: Connection) => unknown

const CLOSE_TIMEOUT_MS = 5_000
/** What a connection has left when its handler used up all the time. */
const LEAST_CLOSE_MS = 100
const MAX_HANDSHAKES = 1_000
const MAX_CONNECTIONS = 10_000
const HANDSHAKE_RATE: Rate = { perSecond: 100, burst: 1000 }

/**
 * Listens for peers and hands every connection whose handshake succeeded to `handler`.
 *
 * @param port 0 for any free one, see `listener.port`
 * @throws TypeError or RangeError for options that make no sense; StalkError LISTEN_FAILED, IDENTITY_*
 */
export function listen(host: string, port: number, handler: Handler, options: ListenOptions = {}): Promise<Listener> {
  return withCaller(start(host, port, handler, options))
}

async function start(host: string, port: number, handler: Handler, options: ListenOptions): Promise<Listener> {
  checkAddress(host, port, 0)
  if (typeof handler !== 'function') throw new TypeError('handler must be a function that takes a connection')
  checkOptions(options, [...responderNames, 'maxHandshakes', 'maxConnections', 'handshakeRate', 'signal', 'onError'])
  const { signal, onError } = options
  const admission = settleAdmission(options)
  signal?.throwIfAborted()
  const settings = await settleResponder(options)
  const server = createServer(socketOptions)
  await listening(server, host, port)
  const listener = new Listener({ server, host, handler, settings, ...admission, onError })
  const onAbort = (): void => void listener.close()
  signal?.addEventListener('abort', onAbort, { once: true })
  server.once('close', () => signal?.removeEventListener('abort', onAbort))
  if (signal?.aborted) onAbort()
  return listener
}

/** How many may come, and how often. */
interface AdmissionSettings {
  readonly maxHandshakes: number
  readonly maxConnections: number
  readonly rate: RateLimiter | null
}

function settleAdmission(options: ListenOptions): AdmissionSettings {
  const { maxHandshakes = MAX_HANDSHAKES, maxConnections = MAX_CONNECTIONS, handshakeRate = HANDSHAKE_RATE } = options
  for (const [name, value] of Object.entries({ maxHandshakes, maxConnections })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new RangeError(`${name} must be a positive whole number, not ${value}`)
  }
  if (handshakeRate === false) return { maxHandshakes, maxConnections, rate: null }
  checkNames('handshakeRate', handshakeRate, ['perSecond', 'burst'])
  for (const [name, value] of Object.entries<number>(handshakeRate)) {
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`handshakeRate.${name} must be a number above 0, not ${value}`)
  }
  return { maxHandshakes, maxConnections, rate: new RateLimiter({ ...HANDSHAKE_RATE, ...handshakeRate }) }
}

interface ListenerParts extends AdmissionSettings {
  readonly server: Server
  readonly host: string
  readonly handler: Handler
  readonly settings: ResponderSettings
  readonly onError: ListenOptions['onError'] | undefined
}

/** A listening server. */
export class Listener {
  readonly host: string
  /** The port that is listened on, also if 0 was asked for. */
  readonly port: number
  readonly identity: Identity
  readonly protocol: Protocol
  /** Connections whose handshake is complete and whose line is not gone. */
  readonly connections: ReadonlySet<Connection>
  readonly #parts: ListenerParts
  readonly #connections = new Set<Connection>()
  readonly #halfOpen: HalfOpenSockets
  readonly #counters = new ListenerCounters()
  /** Let in, and the socket is not gone. */
  #admitted = 0
  #closing: Promise<void> | null = null

  /** @internal */
  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.host = parts.host
    this.port = (parts.server.address() as AddressInfo).port
    this.identity = ownIdentity(parts.settings)
    this.protocol = parts.settings.protocol
    this.#halfOpen = new HalfOpenSockets(parts.maxHandshakes)
    this.connections = this.#connections
    parts.server.on('connection', (socket) => void this.#serve(socket))
    parts.server.on('error', (error) => {
      diagnostics.error.publish({ error, connection: null, peer: null })
      this.#tell(error, { peer: null, connection: null })
    })
  }

  /** What was done so far, and what is going on now. */
  metrics(): ListenerMetrics {
    return this.#counters.read(this.#connections, this.#halfOpen.size)
  }

  /**
   * Stops listening, gives up unfinished handshakes, and lets the handlers finish: they receive what has arrived, their replies are sent,
   * and then `receive()` gives them null. Connections from which nobody receives are closed at once.
   *
   * @param options.timeoutMs after this long what is left is closed and cut, 5,000 unless told otherwise
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkNames('close', options, ['timeoutMs'])
    this.#closing ??= this.#close(checkTimeout('timeoutMs', options.timeoutMs ?? CLOSE_TIMEOUT_MS))
    return this.#closing
  }

  /** `await using`: closes the listener at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    const stopped = new Promise((resolve) => this.#parts.server.close(resolve))
    for (const halfOpen of this.#halfOpen) {
      halfOpen.giveUp(new StalkError('CONNECTION_CLOSED', 'the listener was closed during the handshake'))
    }
    await Promise.allSettled([...this.#connections].map((connection) => closeGracefully(connection, timeoutMs)))
    // one that failed meanwhile may still wait for its peer to read why
    for (const { socket } of this.#connections) socket.destroy()
    await stopped
  }

  async #serve(socket: Socket): Promise<void> {
    const { times } = this.#parts.settings
    const host = socket.remoteAddress ?? ''
    const port = socket.remotePort ?? 0
    const busy = this.#busyWith(host)
    if (busy !== null) {
      this.#turnAway(socket, busy)
      return
    }
    const connection = this.#begin({ socket, host, port }, () => this.#admit(socket))
    if (connection === null) return
    const halfOpen: HalfOpen = {
      host,
      giveUp: (error) => {
        connection.abort(error)
        socket.destroySoon()
      },
    }
    this.#halfOpen.add(halfOpen)
    // one that failed takes its place until it is gone
    socket.once('close', () => this.#halfOpen.delete(halfOpen))
    try {
      await connection.opened(times)
      if (this.protocol === 'stalk/1') this.#admitLate(connection)
    } catch (error) {
      this.#counters.onHandshakeFailed(error)
      this.#tell(error, { peer: `${host}:${port}`, connection: null })
      return
    }
    this.#halfOpen.delete(halfOpen)
    this.#connections.add(connection)
    this.#counters.onEstablished()
    void connection.closed.then(() => {
      this.#connections.delete(connection)
      this.#counters.onGone(connection)
    })
    await this.#handle(connection)
  }

  /** Why a peer cannot be served now; null: it can. */
  #busyWith(host: string): StalkError | null {
    const { rate } = this.#parts
    const full = this.#fullFor(host)
    if (full !== null) return full
    if (rate === null || rate.take(networkOf(host), performance.now())) return null
    return new StalkError('LISTENER_BUSY', `${host} connects more often than it may, and was turned away`)
  }

  #fullFor(host: string): StalkError | null {
    const { maxConnections } = this.#parts
    if (this.#admitted < maxConnections) return null
    return new StalkError('LISTENER_BUSY', `there are ${maxConnections} connections: ${host} was turned away`)
  }

  /** Many may have begun their handshakes while there was room. */
  #admit(socket: Socket): StalkError | null {
    // its end was told already: nothing would ever free its place
    if (socket.destroyed) return new StalkError('CONNECTION_LOST', 'the peer hung up before it was let in')
    const full = this.#fullFor(socket.remoteAddress ?? '')
    if (full !== null) return full
    this.#admitted += 1
    socket.once('close', () => (this.#admitted -= 1))
    return null
  }

  /** stalk/1 has no verdict. */
  #admitLate(connection: Connection): void {
    // gone already: it takes no place, and its handler hears why
    if (connection.socket.destroyed) return
    const full = this.#admit(connection.socket)
    if (full === null) return
    connection.abort(full)
    throw full
  }

  /** Costs no more than a few bytes: this is what happens in a flood. */
  #turnAway(socket: Socket, error: StalkError): void {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`
    socket.on('error', () => undefined)
    if (this.protocol === 'stalk/2') socket.write(encodeRefusal(refusalCodes.busy))
    socket.destroySoon()
    this.#counters.onTurnedAway()
    diagnostics.error.publish({ error, connection: null, peer })
    this.#tell(error, { peer, connection: null })
  }

  /** Whatever goes wrong with one connection is no reason for the listener to go down. */
  #begin(line: PeerLine<Socket>, admit: Admit): Connection | null {
    try {
      return responderConnection(line, this.#parts.settings, admit)
    } catch (error) {
      line.socket.destroy()
      this.#tell(error, { peer: `${line.host}:${line.port}`, connection: null })
      return null
    }
  }

  async #handle(connection: Connection): Promise<void> {
    try {
      const result = this.#parts.handler(connection)
      if (!isPromiseLike(result)) {
        connection.endWithPeer()
        return
      }
      await result
      await connection.close()
    } catch (error) {
      connection.abort(new StalkError('HANDLER_FAILED', 'the handler of this connection failed', error))
      this.#report(error, connection)
    }
  }

  #report(error: unknown, connection: Connection): void {
    if (this.#parts.onError === undefined) {
      if (error !== connection.error || !isOfTheLine(connection.error)) warn('a handler failed', error)
      return
    }
    this.#tell(error, { peer: `${connection.host}:${connection.port}`, connection })
  }

  /** What `onError` itself throws must not end the process. */
  #tell(error: unknown, info: ListenerErrorInfo): void {
    try {
      const result = this.#parts.onError?.(error, info)
      if (isPromiseLike(result)) result.then(undefined, (thrown: unknown) => warn('onError failed', thrown))
    } catch (thrown) {
      warn('onError failed', thrown)
    }
  }
}

async function closeGracefully(connection: Connection, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  if (connection.drain()) await Promise.race([connection.closed, lapse(timeoutMs, connection.closed)])
  await connection.close({ timeoutMs: Math.max(LEAST_CLOSE_MS, Math.ceil(deadline - performance.now())) })
}

/** So many milliseconds, or until the promise resolves: no timer outlives what it is for. */
function lapse(milliseconds: number, until: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void until.then(() => clearTimeout(timer))
  })
}

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${describeThrown(error)}`, { type: 'StalkWarning', detail: stackOfThrown(error) })
}

/** Peers and lines come and go: that is no news. */
function isOfTheLine(error: StalkError | null): boolean {
  return error?.fault === 'transport' || error?.code === 'CONNECTION_CLOSED'
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      reject(new StalkError('LISTEN_FAILED', `cannot listen on ${host} port ${port}: ${describe(cause)}`, cause))
    }
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function describe({ code = '', message }: NodeJS.ErrnoException): string {
  const known: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there: end it, or take another port (0 is any free one)',
    EADDRNOTAVAIL: 'this machine does not have that address',
    EACCES: 'the system does not allow it: ports below 1024 need rights of their own',
  }
  const reason = known[code]
  return reason === undefined ? message : `${reason} (${code})`
}
