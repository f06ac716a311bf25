import type { Method, MethodErrors } from './contract.js'

/**
 * The codes that calls fail with besides those of their contract: a code never changes its meaning, a message may.
 * Each entry says whose doing it is, when it is raised and what can be done about it: docs/ERRORS.md is made from this table.
 */
export const rpcErrorTable = {
  CANCELLED: {
    fault: 'local',
    when: 'The call was given up before it was over: `signal` aborted, or its caller left it.',
    remedy: 'Nothing: somebody wanted it so. `error.cause` has the signal’s reason.',
  },
  DEADLINE_EXCEEDED: {
    fault: 'peer',
    when: 'The call was not over when its time was: `timeoutMs`, or the longest that the server grants.',
    remedy: 'Give it more time, or find out what takes so long. What was asked for may have been done all the same.',
  },
  METHOD_UNKNOWN: {
    fault: 'peer',
    when: 'The peer has no such service, or the service no such method.',
    remedy: '`stalk describe` shows what it has; compare the versions of the two sides.',
  },
  REQUEST_INVALID: {
    fault: 'local',
    when: 'The peer says that a request is none of the method’s kind, that there are too many, or too much metadata.',
    remedy: 'The two sides have different contracts, or the server other limits: the message names the place.',
  },
  RESPONSE_INVALID: {
    fault: 'peer',
    when: 'What the peer answered is not what the method answers: another kind, no answer or two, an error that is not in the contract.',
    remedy: 'The two sides have different contracts, or the peer lies. Nothing of the answer is to be used.',
  },
  INTERNAL: {
    fault: 'peer',
    when: 'The handler failed in a way that is not in its contract. Its reason stays on its side, with `onError`.',
    remedy: 'Look there.',
  },
  CONNECTION_LOST: {
    fault: 'transport',
    when: 'The connection ended before the call was over: lost, closed or aborted, by whichever side.',
    remedy:
      'Nobody knows whether the call was carried out: ask for what is idempotent again. `error.cause` has what ended the connection.',
  },
  UNAVAILABLE: {
    fault: 'peer',
    when: 'The peer did not look at the call: too many at once, it is shutting down, or it refuses all of them.',
    remedy:
      'Try again later: nothing was done. (A peer that never asks for channels does not refuse: a call waits for it until its time is over.)',
  },
} as const

/** A code of {@link rpcErrorTable}. */
export type RpcErrorCode = keyof typeof rpcErrorTable

/** How a call fails: on the client what became of it, in a handler what becomes of it if the contract declares the code. */
export class RpcError<Code extends string = string, Details = unknown> extends Error {
  override readonly name = 'RpcError'
  /** One of {@link rpcErrorTable}, or of the contract. */
  readonly code: Code
  /** As the contract has it for the code; undefined for none. */
  readonly details: Details
  /** Whose doing it is, as `rpcErrorTable` has it; null for a code of a contract, which says that itself. */
  readonly fault: 'local' | 'peer' | 'transport' | null

  /**
   * @param code a code of the contract; one of `rpcErrorTable` says nothing to a caller if a handler throws it
   * @param message for people; a peer’s is as the peer wrote it: escape it before you show it
   * @param options.details what the contract has for the code
   */
  constructor(code: Code, message: string, options: { readonly details?: Details; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.details = options.details as Details
    this.fault = isOwnCode(code) ? rpcErrorTable[code].fault : null
  }
}

/** The errors of a method, its own and those of every call: told apart by `code`, which gives `details` its type. */
export type ErrorOf<M extends Method> =
  | { [Code in keyof MethodErrors<M> & string]: RpcError<Code, MethodErrors<M>[Code]> }[keyof MethodErrors<M> & string]
  | { [Code in RpcErrorCode]: RpcError<Code, undefined> }[RpcErrorCode]

/**
 * Whether something that was thrown is an error of calls of this method, with types for its codes and their details.
 *
 * ```ts
 * if (isErrorOf(Store.methods.read, error) && error.code === 'NOT_FOUND') console.log(error.details.key)
 * ```
 */
export function isErrorOf<M extends Method>(method: M, error: unknown): error is ErrorOf<M> {
  return isRpcError(error) && (isOwnCode(error.code) || Object.hasOwn(method.errors, error.code))
}

/** Whether something that was thrown is how a call fails. */
export function isRpcError(error: unknown): error is RpcError {
  return error instanceof RpcError
}

/** Whether a code is one of every call, rather than of some contract. */
export function isOwnCode(code: string): code is RpcErrorCode {
  return Object.hasOwn(rpcErrorTable, code)
}
