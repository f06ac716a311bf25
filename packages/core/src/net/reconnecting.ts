import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Spack } from '@stalk/spack'
import { abortable } from '../connection/abortable.js'
import { pointAtCaller, withCaller } from '../connection/caller.js'
import type { Connection } from '../connection/connection.js'
import { checkTimeout } from '../connection/timeouts.js'
import { errorOf, StalkError } from '../errors.js'
import { resolveLimits } from '../limits.js'
import { checkNames } from '../option-names.js'
import { backoffDelay, isWorthRetrying, resolveBackoff, type Backoff } from './backoff.js'
import { connect, type ConnectOptions } from './connect.js'
import { FirstUseOnce } from './first-use-once.js'
import { initiatorNames } from './initiator.js'
import { MessageSources } from './message-sources.js'
import { checkAddress, checkOptions } from './options.js'
import { PendingMessages, type Pending } from './pending-messages.js'
import { isPromiseLike } from './promise-like.js'
import { trustOf, type TrustPolicy } from './trust.js'

/** Options of {@link reconnecting}: those of `connect`, and what to do when a connection is lost. `signal` ends it for good. */
export type ReconnectingOptions = ConnectOptions & {
  /**
   * A connection was lost with messages of which nobody knows whether they arrived. Answers those that are to be sent again, before all
   * others: all of them, if the peer does not mind one that comes twice; none, if it minds more than one that is missing.
   */
  readonly onUnconfirmed: (messages: readonly Spack[], error: Error) => readonly Spack[]
  readonly backoff?: Partial<Backoff>
  /**
   * Whether to connect again after this error. Unless told otherwise after lost lines, deadlines, busy or closing listeners, and a peer
   * that ended; not after an error of authentication, and not after a close with a code of the application.
   */
  readonly retry?: (error: StalkError) => boolean
  /** A connection is there, the first or another one; nothing was sent over it yet. */
  readonly onConnect?: (connection: Connection<Socket>) => unknown
  /** A connection was lost, or could not be made; it is tried again after so many milliseconds. */
  readonly onDisconnect?: (error: Error, delayMs: number) => unknown
}

/**
 * A connection that comes back: it is made anew whenever it is lost, to the same server with the same pin, and says what became of the
 * messages. stalk/2 only.
 *
 * A trust policy such as `knownPeers()` decides at every attempt. Where it knows nothing of the server, and would trust any or ask, that
 * is so for the first connection alone: later ones are to that same server, or to one that the policy knows by then.
 *
 * What arrived is to be received: while more is unread than one connection may have (`maxUnreadBytes`, `maxUnreadMessages`), no other one
 * is made.
 *
 * What is sent meanwhile waits. What has arrived at the peer is confirmed (see `Connection.confirm`) and forgotten; what may or may not
 * have arrived when a connection is lost goes to `onUnconfirmed`.
 *
 * @returns at once; the first connection is made like all others
 * @throws TypeError or RangeError for options that make no sense
 */
export function reconnecting(host: string, port: number, options: ReconnectingOptions): ReconnectingConnection {
  checkAddress(host, port, 1)
  checkOptions(options, [...initiatorNames, ...ownNames])
  if (options.protocol === 'stalk/1')
    throw new TypeError('reconnecting needs stalk/2: stalk/1 cannot tell what arrived')
  const trust = trustOf(options, 'stalk/2')
  // callers without types may leave it out
  if (typeof (options.onUnconfirmed as unknown) !== 'function') {
    throw new TypeError(
      'reconnecting needs onUnconfirmed: which messages to send again when nobody knows whether they arrived',
    )
  }
  return new ReconnectingConnection(host, port, options, trust)
}

const ownNames: readonly string[] = ['onUnconfirmed', 'backoff', 'retry', 'onConnect', 'onDisconnect']

/** Above this many bytes that are not confirmed `send` answers false. */
const HIGH_WATER_BYTES = 1024 * 1024

const CLOSE_TIMEOUT_MS = 5_000

/** What {@link reconnecting} gives. */
export class ReconnectingConnection implements AsyncIterable<Spack> {
  readonly host: string
  readonly port: number
  /** Resolves when it is over for good; never rejects, see {@link error}. */
  readonly closed: Promise<void>
  readonly #options: ReconnectingOptions
  /** Null: whoever answers. */
  readonly #trust: FirstUseOnce | null
  readonly #sources: MessageSources
  readonly #backoff: Backoff
  readonly #pending: PendingMessages
  readonly #stop = new AbortController()
  #connection: Connection<Socket> | null = null
  /** Those that their peers have ended, and whose lines are not gone. */
  readonly #leaving = new Set<Connection<Socket>>()
  #failures = 0
  /** The connection that is full: what waits goes on when it is not any more. */
  #full: Connection | null = null
  #confirming: Connection | null = null
  #closing: Promise<void> | null = null
  #error: Error | null = null
  #isOver = false
  #waiters: (() => void)[] = []
  /** Resolves when every call of `receive` so far has its answer. */
  #receiving: Promise<void> = Promise.resolve()
  #resolveClosed: () => void = () => undefined

  /** @internal */
  constructor(host: string, port: number, options: ReconnectingOptions, trust: TrustPolicy | null) {
    this.host = host
    this.port = port
    this.#options = options
    this.#trust = trust === null ? null : new FirstUseOnce(trust)
    this.#backoff = resolveBackoff(options.backoff)
    const limits = resolveLimits(options.limits)
    this.#pending = new PendingMessages(limits)
    this.#sources = new MessageSources(limits)
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve))
    const { signal } = options
    const onAbort = (): void => this.#finish(errorOf(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    void this.closed.then(() => signal?.removeEventListener('abort', onAbort))
    if (signal?.aborted) onAbort()
    else void this.#run()
  }

  /** The connection of this moment; null while there is none. */
  get connection(): Connection<Socket> | null {
    return this.#connection
  }

  /**
   * The connection of this moment, or the next one: for channels, which belong to one connection and end with it.
   *
   * @param options.signal gives up waiting, with its reason
   * @throws StalkError CONNECTION_CLOSED after `close()`, or what ended it for good
   */
  connected({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Connection<Socket>> {
    return withCaller(this.#connected(signal))
  }

  /** What ended it for good, or null. */
  get error(): Error | null {
    return this.#error
  }

  /** Messages that were not given to any connection: none of them has arrived. */
  get unsent(): readonly Spack[] {
    return messagesOf(this.#pending.unsent.filter(({ mayHaveArrived }) => !mayHaveArrived))
  }

  /** Messages that left, and may or may not have arrived yet; also those that wait to be sent again. */
  get unconfirmed(): readonly Spack[] {
    const { unconfirmed, unsent } = this.#pending
    return messagesOf([...unconfirmed, ...unsent.filter(({ mayHaveArrived }) => mayHaveArrived)])
  }

  /**
   * Queues a message; it leaves as soon as there is a connection.
   *
   * @returns false when much is not confirmed yet: `await flush()` before sending more
   * @throws StalkError MESSAGE_TOO_LARGE, MESSAGE_INVALID, SEND_QUEUE_FULL (nothing is sent, it goes on), CONNECTION_CLOSED, or what
   *   ended it for good
   */
  send(message: Spack): boolean {
    if (!(message instanceof Spack)) throw new TypeError("send takes a Spack: new Spack().string('hi')")
    this.#refuseIfClosing()
    this.#pending.add(message)
    this.#pump(true)
    return this.#connection !== null && this.#pending.bytes < HIGH_WATER_BYTES && this.#pending.hasRoom
  }

  /**
   * Resolves once everything sent so far has arrived at the peer’s side of the connection, or was given up by `onUnconfirmed`; rejects with what ends it for good.
   *
   * @param options.signal gives up waiting, with its reason; what was sent goes its way all the same
   */
  flush({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return withCaller(this.#flush(signal))
  }

  /**
   * The next message, over whichever connection; null after `close()`. Calls made at once are answered in their order.
   *
   * @param options.signal gives up waiting, with its reason; no message is lost by that
   */
  receive({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Spack | null> {
    return withCaller(this.#receive(signal))
  }

  /** Messages until `close()`. Leaving the loop early ends nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Spack, void, undefined> {
    for (;;) {
      const message = await this.receive()
      if (message === null) return
      yield message
    }
  }

  /**
   * Waits until what was sent has arrived, connecting again if need be, and closes.
   *
   * @param options.timeoutMs for all of that, 5,000 unless told otherwise
   * @throws StalkError CLOSE_TIMEOUT if there are messages whose arrival is not confirmed by then, see `unsent` and `unconfirmed`; what
   *   ended it for good before
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkNames('close', options, ['timeoutMs'])
    this.#closing ??= withCaller(this.#close(checkTimeout('timeoutMs', options.timeoutMs ?? CLOSE_TIMEOUT_MS)))
    return this.#closing
  }

  /** `await using`: closes at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Ends it at once. Pending and later calls throw `reason`, or CONNECTION_CLOSED. */
  abort(reason?: Error): void {
    this.#finish(reason ?? closedError())
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const error = await this.#attempt().catch((thrown: unknown) => errorOf(thrown))
      // what `finish` and the functions of the application changed meanwhile
      if (this.#hasFinished()) return
      const fatal = this.#reasonToStop(error)
      if (fatal !== null) {
        this.#finish(fatal)
        return
      }
      if (!this.#settleUnconfirmed(error)) return
      const delayMs = backoffDelay(this.#backoff, this.#failures, Math.random())
      if (!this.#call(() => this.#options.onDisconnect?.(error, delayMs))) return
      await pause(delayMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      while (this.#sources.isFull && !this.#hasFinished()) await this.#change(undefined)
    }
  }

  /** One connection from its beginning to its end: gives what ended it. */
  async #attempt(): Promise<Error> {
    this.#failures += 1
    const { host, port } = this
    const connection = await connect(host, port, {
      ...connectOptions(this.#options, this.#trust),
      signal: this.#stop.signal,
    })
    if (this.#isOver) {
      connection.abort()
      return closedError()
    }
    this.#trust?.met(connection.peerIdentity)
    const startedAt = performance.now()
    this.#sources.add(connection)
    this.#connection = connection
    this.#call(() => this.#options.onConnect?.(connection))
    this.#pump()
    this.#tellWaiters()
    await connection.peerEnded
    this.#connection = null
    this.#sources.lost(connection)
    // a peer that hangs up on everybody, or takes nothing from anybody, is not to be called again and again at once
    const isOfUse = connection.metrics().messagesReceived > 0 && this.#pending.unconfirmed.length === 0
    if (isOfUse || performance.now() - startedAt > this.#backoff.maxMs) this.#failures = 0
    if (connection.error !== null) return connection.error
    this.#leave(connection)
    return new StalkError('CONNECTION_CLOSED', 'the peer has ended the connection')
  }

  /** The peer has ended it, and so do we: what it does not take in time is cut off. What came can still be received. */
  #leave(connection: Connection<Socket>): void {
    this.#leaving.add(connection)
    const timer = setTimeout(() => connection.abort(), CLOSE_TIMEOUT_MS).unref()
    void connection.closed.then(() => {
      clearTimeout(timer)
      this.#leaving.delete(connection)
    })
    connection.end().catch(() => undefined)
  }

  /** False: it is over for good. */
  #settleUnconfirmed(error: Error): boolean {
    if (this.#pending.unconfirmed.length === 0) return true
    const goesOn = this.#call(() => {
      const again: unknown = this.#options.onUnconfirmed(messagesOf(this.#pending.unconfirmed), error)
      if (isPromiseLike(again)) again.then(undefined, () => undefined)
      if (!Array.isArray(again)) throw new TypeError('onUnconfirmed answers an array of the messages to send again')
      this.#pending.sendAgain(again as Spack[])
    })
    this.#tellWaiters()
    return goesOn
  }

  /** Null: it is worth another try. */
  #reasonToStop(error: Error): Error | null {
    const { retry = isWorthRetrying } = this.#options
    try {
      if (!(error instanceof StalkError)) return error
      const answer: unknown = retry(error)
      if (isPromiseLike(answer)) {
        answer.then(undefined, () => undefined)
        throw new TypeError('retry answers true or false, not a promise')
      }
      if (!answer) return error
    } catch (thrown) {
      return errorOf(thrown)
    }
    if (this.#failures < this.#backoff.maxAttempts) return null
    return new StalkError(
      'RECONNECT_GAVE_UP',
      `${this.#failures} attempts in a row to reach ${this.host} port ${this.port} failed, the last with: ${error.message}`,
      error,
    )
  }

  /** Gives the connection what waits for one. @param isSending whether the newest message is just being sent, and its sender listens */
  #pump(isSending = false): void {
    const connection = this.#connection
    if (connection === null || this.#full === connection) return
    const { unsent } = this.#pending
    let count = 0
    let hasRoom = true
    let refused: StalkError | null = null
    try {
      for (const { message } of unsent) {
        hasRoom = connection.send(message)
        count += 1
        if (!hasRoom) break
      }
    } catch (error) {
      // otherwise the connection is lost, and `#attempt` sees to that
      if (isOfMessage(error)) refused = error
      else if (error instanceof StalkError && error.code === 'SEND_QUEUE_FULL') hasRoom = false
    }
    this.#pending.sent(count)
    if (!hasRoom) this.#goOnAfterFlush(connection)
    void this.#confirm(connection)
    if (refused !== null) this.#refuse(refused, isSending && this.#pending.unsent.length === 1)
  }

  /** The peer takes smaller messages than we do: whoever sends one is told. If it waited for a connection, nobody is there to be told. */
  #refuse(error: StalkError, isSending: boolean): void {
    if (!isSending) {
      this.#finish(error)
      return
    }
    this.#pending.withdrawLast()
    throw error
  }

  #goOnAfterFlush(connection: Connection): void {
    this.#full = connection
    const goOn = (): void => {
      if (this.#full === connection) this.#full = null
      this.#pump()
    }
    connection.flush().then(goOn, goOn)
  }

  async #confirm(connection: Connection): Promise<void> {
    if (this.#confirming === connection) return
    this.#confirming = connection
    try {
      while (this.#connection === connection && this.#pending.unconfirmed.length > 0) {
        const count = this.#pending.unconfirmed.length
        await connection.confirm()
        if (this.#connection !== connection) return
        this.#failures = 0
        this.#pending.confirmed(count)
        this.#tellWaiters()
      }
    } catch {
      // it is lost, and `#attempt` sees to that
    } finally {
      if (this.#confirming === connection) this.#confirming = null
    }
  }

  async #connected(signal: AbortSignal | undefined): Promise<Connection<Socket>> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#isOver) throw this.#error ?? closedError()
      // one that has just failed is still here, and of no use
      if (this.#connection?.error === null) return this.#connection
      await this.#change(signal)
    }
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    const number = this.#pending.newest
    while (!this.#pending.isSettled(number)) {
      if (this.#isOver) throw this.#error ?? closedError()
      await this.#change(signal)
    }
  }

  /** Calls made at once are answered in their order, whether there is a connection or not. */
  async #receive(signal: AbortSignal | undefined): Promise<Spack | null> {
    const before = this.#receiving
    let done = (): void => undefined
    const own = new Promise<void>((resolve) => (done = resolve))
    this.#receiving = before.then(() => own)
    try {
      await abortable(before, signal)
      return await this.#receiveNext(signal)
    } finally {
      done()
    }
  }

  async #receiveNext(signal: AbortSignal | undefined): Promise<Spack | null> {
    for (;;) {
      if (!this.#sources.isEmpty) {
        const message = await this.#sources.receive(signal)
        // another connection may have waited for room
        this.#tellWaiters()
        if (message !== null) return message
      } else if (this.#isOver) {
        if (this.#error !== null) throw this.#error
        return null
      } else await this.#change(signal)
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    const inTime = AbortSignal.timeout(timeoutMs)
    const isFlushed = await this.flush({ signal: inTime }).then(
      () => true,
      () => false,
    )
    if (this.#isOver && this.#error !== null) throw this.#error
    if (!isFlushed) {
      const left = `${this.#pending.unsent.length} messages were not sent, ${this.#pending.unconfirmed.length} not confirmed`
      const error = new StalkError('CLOSE_TIMEOUT', `not everything had arrived after ${timeoutMs} ms: ${left}`)
      this.#finish(error)
      throw error
    }
    const connection = this.#connection
    this.#finish(null)
    await connection?.close({ timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())) })
  }

  #finish(error: Error | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    if (error !== null) this.#connection?.abort(error instanceof StalkError ? error : undefined)
    this.#connection = null
    for (const connection of this.#leaving) connection.abort()
    if (error === null) this.#sources.clear()
    this.#stop.abort(error ?? closedError())
    this.#tellWaiters()
    this.#resolveClosed()
  }

  #hasFinished(): boolean {
    return this.#isOver
  }

  /** What a function of the application throws ends it: nobody else could be told. */
  #call(run: () => unknown): boolean {
    try {
      const result = run()
      if (isPromiseLike(result)) result.then(undefined, (error: unknown) => this.#finish(errorOf(error)))
    } catch (error) {
      this.#finish(errorOf(error))
    }
    return !this.#isOver
  }

  #refuseIfClosing(): void {
    if (this.#error !== null) throw pointAtCaller(this.#error, this.#refuseIfClosing)
    if (this.#isOver || this.#closing !== null) throw closedError()
  }

  /** Resolves at the next change of anything. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    const changed = new Promise<void>((resolve) => this.#waiters.push(resolve))
    return abortable(changed, signal)
  }

  #tellWaiters(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}

/** Those of `connect`, without what is ours alone. */
function connectOptions(options: ReconnectingOptions, trust: TrustPolicy | null): ConnectOptions {
  const theirs = Object.entries(options).filter(([name]) => !ownNames.includes(name))
  if (trust !== null) theirs.push(['serverIdentity', trust])
  return Object.fromEntries(theirs) as unknown as ConnectOptions
}

function messagesOf(pending: readonly Pending[]): readonly Spack[] {
  return pending.map(({ message }) => message)
}

function isOfMessage(error: unknown): error is StalkError {
  return error instanceof StalkError && (error.code === 'MESSAGE_TOO_LARGE' || error.code === 'MESSAGE_INVALID')
}

function closedError(): StalkError {
  return new StalkError('CONNECTION_CLOSED', 'this side has closed the connection')
}
