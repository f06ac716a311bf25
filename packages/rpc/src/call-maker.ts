import type { Connection, Priority, ReconnectingConnection } from '@stalk/core'
import { Answers } from './answers.js'
import { ClientCall } from './client-call.js'
import { takesOne, type Method } from './contract.js'
import { failureOf } from './failures.js'
import { Lifetime } from './lifetime.js'
import { checkOptions, MAX_TIMEOUT_MS, wholeNumber } from './options.js'
import { noRetry, resolveRetry, withRetry, type Retry, type RetryOption } from './retry.js'
import { letGoOf, type Stream } from './streams.js'
import { channelName, headSchema, MethodWire } from './wire.js'

/** Options of a call. */
export interface CallOptions {
  /** Cancels the call, on both sides: it fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined
  /** How long it may take, attempts and waiting for a connection included: DEADLINE_EXCEEDED. The handler knows, and so do calls that it makes. */
  readonly timeoutMs?: number | undefined
  /** Texts by their names for the handler and its middleware; servers take 64 of them, 8 KiB in all, unless told otherwise. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Instead of what the client was made with; only for methods that are `idempotent`. */
  readonly retry?: RetryOption | undefined
  /** What goes first if there is more to send than the line takes, both ways; `normal` unless told otherwise. */
  readonly priority?: Priority | undefined
}

/** What calls are made over: a connection, or one that comes back. */
export type CallTarget = Pick<Connection, 'openChannel'> | Pick<ReconnectingConnection, 'connected'>

/** What a call sends: its only request, encoded, or a stream of them. */
type Outgoing = { readonly one: Uint8Array } | { readonly many: Stream<unknown> }

const optionNames = ['signal', 'timeoutMs', 'metadata', 'retry', 'priority']

/** The largest metadata that are sent at all: what a server takes is its own affair. */
const Head = headSchema(1024 * 1024, 1024)

/** Makes the calls of one method. */
export class CallMaker {
  readonly #target: CallTarget
  readonly #method: Method
  readonly #retry: Retry
  readonly #channelName: string
  readonly #wire: MethodWire
  readonly #codes: ReadonlySet<string>

  /** @param name `service.method` @param retry for methods that are idempotent */
  constructor(target: CallTarget, name: string, method: Method, retry: Retry) {
    this.#target = target
    this.#method = method
    this.#retry = method.idempotent ? retry : noRetry
    this.#channelName = channelName(name)
    this.#wire = new MethodWire(name, method)
    this.#codes = new Set(Object.keys(method.errors))
  }

  /** A call that is answered once. @param input the request, or the stream of them */
  async one(input: unknown, options: CallOptions): Promise<unknown> {
    const requests = this.#requestsOf(input)
    const lifetime = this.#begin(options)
    try {
      const again = { retry: this.#retryOf(options), comesBack: 'connected' in this.#target }
      return await withRetry(again, lifetime.signal, async () => {
        const call = await this.#open(requests, options, lifetime)
        return await call.receiveOne()
      })
    } finally {
      lifetime.release()
    }
  }

  /** A call that is answered any number of times. @param input the request, or the stream of them */
  many(input: unknown, options: CallOptions): Answers<unknown> {
    this.#retryOf(options)
    const requests = this.#requestsOf(input)
    const lifetime = this.#begin(options)
    return new Answers(this.#open(requests, options, lifetime), lifetime)
  }

  /** What is wrong with the only request is found at once, before anything is sent, and once for all attempts. */
  #requestsOf(input: unknown): Outgoing {
    return takesOne(this.#method) ? { one: this.#wire.writeRequest(input) } : { many: input as Stream<unknown> }
  }

  #begin(options: CallOptions): Lifetime {
    checkOptions('a call', options, optionNames)
    const { signal, timeoutMs } = options
    if (timeoutMs !== undefined) wholeNumber('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
    if (signal !== undefined && !((signal as unknown) instanceof AbortSignal)) {
      throw new TypeError('signal must be an AbortSignal, such as that of an AbortController')
    }
    const lifetime = new Lifetime()
    if (timeoutMs !== undefined) lifetime.expireIn(timeoutMs)
    if (signal !== undefined) lifetime.follow(signal)
    return lifetime
  }

  #retryOf({ retry }: CallOptions): Retry {
    if (retry === undefined || retry === false) return retry === false ? noRetry : this.#retry
    if (!this.#method.idempotent) throw new TypeError('retry is for methods that are idempotent')
    return resolveRetry(retry)
  }

  /** Opens the channel, where there is a connection at once, and sends what is to be sent. */
  async #open(requests: Outgoing, { metadata, priority }: CallOptions, lifetime: Lifetime): Promise<ClientCall> {
    const target = this.#target
    const { signal } = lifetime
    try {
      const connection = 'connected' in target ? await target.connected({ signal }) : target
      signal.throwIfAborted()
      // before the channel is opened: what is wrong with it is no affair of the peer
      const head = Head.encode({ deadlineMs: lifetime.remainingMs, metadata })
      const channel = connection.openChannel(this.#channelName, priority === undefined ? {} : { priority })
      const call = new ClientCall({ channel, wire: this.#wire, codes: this.#codes, signal })
      call.begin(head)
      if ('one' in requests) call.sendOne(requests.one)
      else call.sendAll(requests.many)
      return call
    } catch (error) {
      if ('many' in requests) letGoOf(requests.many)
      throw failureOf(error)
    }
  }
}
