import type { Answers } from './answers.js'
import { CallMaker, type CallOptions, type CallTarget } from './call-maker.js'
import { checkContract, givesOne, type Contract, type Method } from './contract.js'
import { checkOptions } from './options.js'
import { resolveRetry, type RetryOption } from './retry.js'
import type { Stream } from './streams.js'

/** Options of {@link rpc}. */
export interface ClientOptions {
  /**
   * Makes unary calls of methods that are `idempotent` again when the peer did not look at them, or a connection that comes back was lost:
   * bounded, with exponential backoff and full jitter, within the call’s time. Not unless told so.
   */
  readonly retry?: RetryOption
}

/** How a method is called: for streams of answers the call is made at once, whether or not somebody asks for the first one. */
export type MethodCall<M> =
  M extends Method<infer Type, infer Request, infer Response>
    ? {
        readonly unary: (request: Request, options?: CallOptions) => Promise<Response>
        readonly serverStream: (request: Request, options?: CallOptions) => Answers<Response>
        readonly clientStream: (requests: Stream<Request>, options?: CallOptions) => Promise<Response>
        readonly bothWays: (requests: Stream<Request>, options?: CallOptions) => Answers<Response>
      }[Type]
    : never

/** The methods of a service, to be called: typed from its contract. */
export type Client<C extends Contract> = { readonly [Name in keyof C['methods']]: MethodCall<C['methods'][Name]> }

/**
 * A client of the peer’s service. Over a connection that comes back a call waits for one, and belongs to it.
 *
 * Calls fail with an {@link RpcError}: CANCELLED, DEADLINE_EXCEEDED, CONNECTION_LOST as soon as the connection is, what `rpcErrorTable`
 * has, and the codes of the contract. A request that is none of the method’s kind is a TypeError or a RangeError with the place.
 *
 * ```ts
 * const store = rpc(connection, Store)
 * const { value } = await store.read({ key: 'a' }, { timeoutMs: 1_000 })
 * for await (const change of store.watch(null)) console.log(change)
 * ```
 *
 * @throws TypeError, RangeError for options that make no sense
 */
export function rpc<C extends Contract>(target: CallTarget, contract: C, options: ClientOptions = {}): Client<C> {
  checkTarget(target)
  checkContract('rpc', contract)
  checkOptions('rpc', options, ['retry'])
  const retry = resolveRetry(options.retry ?? false)
  const calls = Object.entries(contract.methods).map(([name, method]) => {
    const maker = new CallMaker(target, `${contract.name}.${name}`, method, retry)
    const call = (input: unknown, callOptions: CallOptions = {}): unknown => {
      return givesOne(method) ? maker.one(input, callOptions) : maker.many(input, callOptions)
    }
    return [name, call] as const
  })
  return Object.freeze(Object.fromEntries(calls)) as Client<C>
}

function checkTarget(target: unknown): void {
  if (typeof target === 'object' && target !== null && ('openChannel' in target || 'connected' in target)) return
  const isPending = typeof target === 'object' && target !== null && 'then' in target
  throw new TypeError(`rpc takes a connection${isPending ? ': this is a promise, await it' : ''}`)
}
