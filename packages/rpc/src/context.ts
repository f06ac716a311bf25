import type { Identity } from '@stalk/core'
import type { CallOptions } from './call-maker.js'
import type { Method, MethodErrors, MethodType } from './contract.js'
import { RpcError } from './errors.js'
import type { Lifetime } from './lifetime.js'

/** What a handler, and its middleware, know of a call. */
export interface CallContext<M extends Method = Method> {
  /** `service.method`. */
  readonly method: string
  readonly type: MethodType
  /** Who calls; null: an anonymous peer, which the listener has to allow. */
  readonly peerIdentity: Identity | null
  /** 32 bytes that name the connection, equal on both sides: see `connection.channelBinding`. */
  readonly channelBinding: Uint8Array
  /** Aborts when nobody waits any more: CANCELLED, DEADLINE_EXCEEDED or CONNECTION_LOST is its reason. */
  readonly signal: AbortSignal
  /**
   * Aborts when this side ends the connection, its listener closes for instance: finish soon. What has no end would be cut off when the
   * listener has waited long enough.
   */
  readonly ending: AbortSignal
  /** When the call’s time is over, by the clock of this machine. */
  readonly deadline: Date
  /** What the caller said beside the request: as it wrote it, so escape it before you show it. */
  readonly metadata: Readonly<Record<string, string>>
  /** For calls that are made on behalf of this one: they end with it, and have what is left of its time. */
  readonly callOptions: () => CallOptions
  /**
   * An error of the contract, to be thrown.
   *
   * @param message for people on the other side
   * @param details as the contract has it for the code
   */
  readonly error: <Code extends keyof MethodErrors<M> & string>(
    code: Code,
    message: string,
    ...details: MethodErrors<M>[Code] extends undefined ? [] : [details: MethodErrors<M>[Code]]
  ) => RpcError<Code, MethodErrors<M>[Code]>
}

/** What contexts are made of. */
type ContextParts = Pick<CallContext, 'method' | 'type' | 'peerIdentity' | 'channelBinding' | 'metadata' | 'ending'>

/** The context of a call that lives so long. */
export function contextOf(parts: ContextParts, lifetime: Lifetime): CallContext {
  const deadline = new Date(Date.now() + (lifetime.remainingMs ?? 0))
  return {
    ...parts,
    signal: lifetime.signal,
    deadline,
    callOptions: () => ({ signal: lifetime.signal, timeoutMs: lifetime.remainingMs }),
    error: (code: string, message: string, details?: unknown) => new RpcError(code, message, { details }),
  } as CallContext
}
