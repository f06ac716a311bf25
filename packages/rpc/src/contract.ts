import type { Kind } from '@stalk/spack/schema'
import { isOwnCode } from './errors.js'

/**
 * How many values go each way: one and one, one and many, many and one, many and many.
 */
export type MethodType = 'unary' | 'serverStream' | 'clientStream' | 'bothWays'

/** The errors that a method may answer with: for each code the kind of its details, undefined for none. */
export type ErrorKinds = Readonly<Record<string, Kind<unknown> | undefined>>

/** What a stream method is made of. */
export interface StreamParts<Request, Response, Errors extends ErrorKinds> {
  /** Of each request. */
  readonly request: Kind<Request>
  /** Of each answer. */
  readonly response: Kind<Response>
  /** What may go wrong, by codes such as `NOT_FOUND`; nothing unless told otherwise. */
  readonly errors?: Errors
}

/** What a unary method is made of. */
export interface UnaryParts<Request, Response, Errors extends ErrorKinds> extends StreamParts<
  Request,
  Response,
  Errors
> {
  /** Whether calling it twice does no more than calling it once, so that it may be tried again; false unless told otherwise. */
  readonly idempotent?: boolean
}

/** A method of a service. */
export interface Method<
  Type extends MethodType = MethodType,
  Request = unknown,
  Response = unknown,
  Errors extends ErrorKinds = ErrorKinds,
> {
  readonly type: Type
  readonly request: Kind<Request>
  readonly response: Kind<Response>
  readonly errors: Errors
  readonly idempotent: boolean
}

/** No errors of its own. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- that is what it is to be
export type NoErrors = Readonly<Record<never, undefined>>

/** The methods of a service, by their names. */
export type Methods = Readonly<Record<string, Method>>

/** What a service offers: both sides have it, and TypeScript infers the client and the handlers from it. */
export interface Contract<M extends Methods = Methods> {
  readonly name: string
  readonly methods: M
}

/** The code of each error that a method declares, with its details. */
export type MethodErrors<M> = M extends { readonly errors: infer Errors extends ErrorKinds }
  ? { readonly [Code in keyof Errors & string]: Errors[Code] extends Kind<infer Details> ? Details : undefined }
  : never

/** One request, one answer. @throws TypeError for parts that make no sense */
export function unary<Request, Response, const Errors extends ErrorKinds = NoErrors>(
  parts: UnaryParts<Request, Response, Errors>,
): Method<'unary', Request, Response, Errors> {
  return method('unary', parts)
}

/** One request, any number of answers. @throws TypeError for parts that make no sense */
export function serverStream<Request, Response, const Errors extends ErrorKinds = NoErrors>(
  parts: StreamParts<Request, Response, Errors>,
): Method<'serverStream', Request, Response, Errors> {
  return method('serverStream', parts)
}

/** Any number of requests, one answer. @throws TypeError for parts that make no sense */
export function clientStream<Request, Response, const Errors extends ErrorKinds = NoErrors>(
  parts: StreamParts<Request, Response, Errors>,
): Method<'clientStream', Request, Response, Errors> {
  return method('clientStream', parts)
}

/** Any number of requests and of answers, in whatever order the two sides like. @throws TypeError for parts that make no sense */
export function bothWays<Request, Response, const Errors extends ErrorKinds = NoErrors>(
  parts: StreamParts<Request, Response, Errors>,
): Method<'bothWays', Request, Response, Errors> {
  return method('bothWays', parts)
}

/**
 * The contract of a service.
 *
 * ```ts
 * const Store = service('store', {
 *   read: unary({ request: struct({ key: string }), response: string, idempotent: true, errors: { NOT_FOUND: undefined } }),
 *   watch: serverStream({ request: nothing, response: string }),
 * })
 * ```
 *
 * @param name letters, digits, `-` and `_`, at most 100, with a letter first; parts may be joined by dots
 * @throws TypeError for names and methods that make no sense
 */
export function service<const M extends Methods>(name: string, methods: M): Contract<M> {
  if (!isName(name)) throw new TypeError(`a service cannot be called ${JSON.stringify(name)}`)
  for (const [methodName, { type }] of Object.entries(methods)) {
    if (!isName(methodName) || methodName.includes('.') || isTaken(methodName)) {
      throw new TypeError(`${name}: a method cannot be called ${JSON.stringify(methodName)}`)
    }
    if (!methodTypes.includes(type)) throw new TypeError(`${name}.${methodName}: expected unary(…), serverStream(…), …`)
  }
  return Object.freeze({ name, methods: Object.freeze({ ...methods }) })
}

/** Throws TypeError for what is no contract: an implementation, or something that is not there (yet). @param what begins the message */
export function checkContract(what: string, contract: unknown): void {
  if (typeof contract === 'object' && contract !== null && 'name' in contract && 'methods' in contract) return
  throw new TypeError(`${what} takes a contract, as service(…) makes it`)
}

/** All four, in the order in which they are explained. */
export const methodTypes = ['unary', 'serverStream', 'clientStream', 'bothWays'] as const

/** Whether a method takes exactly one request. */
export function takesOne({ type }: Pick<Method, 'type'>): boolean {
  return type === 'unary' || type === 'serverStream'
}

/** Whether a method gives exactly one answer. */
export function givesOne({ type }: Pick<Method, 'type'>): boolean {
  return type === 'unary' || type === 'clientStream'
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= 100 && /^[a-z][\w-]*(?:\.[a-z][\w-]*)*$/iu.test(name)
}

/** A client with these would be taken for a promise, or hide what every object has. */
function isTaken(name: string): boolean {
  return name === 'then' || name in Object.prototype
}

const partNames = ['request', 'response', 'errors', 'idempotent']

function method<Type extends MethodType, Request, Response, Errors extends ErrorKinds>(
  type: Type,
  parts: UnaryParts<Request, Response, Errors>,
): Method<Type, Request, Response, Errors> {
  for (const name of Object.keys(parts)) {
    if (!partNames.includes(name) || (name === 'idempotent' && type !== 'unary')) {
      throw new TypeError(`${type} has no part ${name}`)
    }
  }
  const { request, response, errors = {} as Errors, idempotent = false } = parts
  if (typeof (idempotent as unknown) !== 'boolean') throw new TypeError(`${type}: idempotent is true or false`)
  checkKind(request, `${type}: request`)
  checkKind(response, `${type}: response`)
  for (const [code, kind] of Object.entries(errors)) {
    if (!/^[A-Z][A-Z0-9_]{0,63}$/u.test(code) || isOwnCode(code)) {
      throw new TypeError(`${type}: an error of a contract cannot have the code ${JSON.stringify(code)}`)
    }
    if (kind !== undefined) checkKind(kind, `${type}: errors.${code}`)
  }
  return Object.freeze({ type, request, response, errors: Object.freeze({ ...errors }), idempotent })
}

function checkKind(kind: unknown, place: string): void {
  if (typeof kind === 'object' && kind !== null && 'form' in kind && 'read' in kind && 'write' in kind) return
  throw new TypeError(`${place}: expected a kind such as integer or struct({ … })`)
}
