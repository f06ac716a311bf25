import { describeThrown, stackOfThrown, type Channel, type Connection } from '@stalk/core'
import { HeldBytes } from './held-bytes.js'
import { implement, type Implementation, type ServedMethod } from './implement.js'
import { describeContracts, Introspection } from './introspection.js'
import { resolveServeLimits, type ServeLimits } from './limits.js'
import type { Middleware } from './middleware.js'
import { checkOptions } from './options.js'
import { ServerCall, type CallHost } from './server-call.js'
import { headSchema, methodOf, resetCodes } from './wire.js'

/** Where something went wrong that no caller is told. */
export interface ServeErrorInfo {
  /** `service.method`; null: `onChannel` failed. */
  readonly method: string | null
  readonly connection: ServedConnection
}

/** Options of {@link serve}. */
export interface ServeOptions {
  /** Around every call, the first one outermost. */
  readonly middleware?: readonly Middleware[]
  /** Hears what handlers and middleware throw that is not in the contract; without it that becomes a warning of the process. */
  readonly onError?: (error: unknown, info: ServeErrorInfo) => unknown
  /** Over the defaults. */
  readonly limits?: Partial<ServeLimits>
  /** Whether the peer may ask what there is, with `stalk describe`; true unless told otherwise. */
  readonly introspection?: boolean
  /** Takes the peer’s channels that are no calls: refused without it. One for which it throws is given up, with code 2. */
  readonly onChannel?: (channel: Channel) => unknown
}

/** What `serve` needs of a connection. */
export type ServedConnection = Pick<Connection, 'channels' | 'peerIdentity' | 'channelBinding' | 'error' | 'ending'>

/**
 * Answers the peer’s calls on a connection. One `serve` to a connection: it takes the channels that the peer opens.
 *
 * ```ts
 * const store = implement(Store, { read: ({ key }) => … })
 * await listen(host, port, (connection) => serve(connection, [store]), { identity })
 * ```
 *
 * @returns resolves when the peer makes no more calls (or the listener closes) and all handlers are done; what ended the connection is in
 *   `connection.error`
 * @throws TypeError, RangeError for options that make no sense, and over stalk/1; StalkError CHANNELS_UNAVAILABLE
 */
export function serve(
  connection: ServedConnection,
  implementations: readonly Implementation[],
  options: ServeOptions = {},
): Promise<void> {
  checkOptions('serve', options, ['middleware', 'onError', 'limits', 'introspection', 'onChannel'])
  return new ConnectionServer(connection, implementations, options).run()
}

class ConnectionServer {
  readonly #connection: ServedConnection
  readonly #options: ServeOptions
  readonly #limits: ServeLimits
  readonly #methods: ReadonlyMap<string, ServedMethod>
  readonly #calls = new Set<Promise<void>>()
  /** Channels that are no calls, until `onChannel` is done with them. */
  readonly #others = new Set<Promise<void>>()

  constructor(connection: ServedConnection, implementations: readonly Implementation[], options: ServeOptions) {
    this.#connection = connection
    this.#options = options
    this.#limits = resolveServeLimits(options.limits)
    this.#methods = methodsOf(implementations, options.introspection ?? true)
  }

  async run(): Promise<void> {
    const connection = this.#connection
    try {
      const host = this.#host()
      for await (const channel of connection.channels()) this.#take(channel, host)
    } catch (error) {
      // its owner is told everywhere else
      if (error !== connection.error) throw error
    } finally {
      await Promise.all([...this.#calls, ...this.#others])
    }
  }

  #host(): CallHost {
    const { peerIdentity, channelBinding, ending } = this.#connection
    const { maxMetadataBytes, maxMetadataEntries } = this.#limits
    return {
      peerIdentity,
      channelBinding,
      ending,
      limits: this.#limits,
      head: headSchema(maxMetadataBytes, maxMetadataEntries),
      held: new HeldBytes(this.#limits.maxHeldBytes),
      middleware: this.#options.middleware ?? [],
      onError: (error, method) => this.#tell(error, method),
    }
  }

  #take(channel: Channel, host: CallHost): void {
    const name = methodOf(channel.name)
    if (name === null) {
      this.#takeOther(channel)
      return
    }
    const served = this.#methods.get(name)
    if (served === undefined) {
      channel.abort({ code: resetCodes.methodUnknown })
      return
    }
    if (this.#calls.size >= this.#limits.maxConcurrentCalls) {
      channel.abort({ code: resetCodes.refused, reason: 'too many calls at once' })
      return
    }
    const call = new ServerCall(channel, served, host).run()
    this.#calls.add(call)
    void call.then(() => this.#calls.delete(call))
  }

  #takeOther(channel: Channel): void {
    const { onChannel } = this.#options
    if (onChannel === undefined) {
      channel.abort({ code: resetCodes.refused, reason: 'nobody takes it' })
      return
    }
    const taken = (async () => {
      await onChannel(channel)
    })().catch((error: unknown) => {
      channel.abort({ code: resetCodes.internal })
      this.#tell(error, null)
    })
    this.#others.add(taken)
    void taken.then(() => this.#others.delete(taken))
  }

  /** What `onError` itself throws must not end the process. */
  #tell(error: unknown, method: string | null): void {
    const { onError } = this.#options
    if (onError === undefined) {
      warn(method === null ? 'onChannel failed' : `the handler of ${method} failed`, error)
      return
    }
    const told = (async () => {
      await onError(error, { method, connection: this.#connection })
    })()
    told.catch((thrown: unknown) => warn('onError failed', thrown))
  }
}

/** Throws TypeError for a name that is there twice. */
function methodsOf(implementations: readonly Implementation[], withIntrospection: boolean): Map<string, ServedMethod> {
  const given: unknown = implementations
  if (!Array.isArray(given) || !given.every((one) => typeof one === 'object' && one !== null && 'served' in one)) {
    throw new TypeError('serve takes a list of implementations, as implement(…) makes them')
  }
  const methods = new Map<string, ServedMethod>()
  const all = withIntrospection ? [introspectionOf(implementations), ...implementations] : implementations
  for (const { served } of all) {
    for (const method of served) {
      if (methods.has(method.name)) throw new TypeError(`${method.name} is there twice`)
      methods.set(method.name, method)
    }
  }
  return methods
}

function introspectionOf(implementations: readonly Implementation[]): Implementation {
  return implement(Introspection, {
    describe: () => describeContracts([Introspection, ...implementations.map(({ contract }) => contract)]),
  })
}

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${describeThrown(error)}`, { type: 'StalkWarning', detail: stackOfThrown(error) })
}
