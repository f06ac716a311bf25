import type { CallContext } from './context.js'
import { checkContract, type Contract, type Method } from './contract.js'
import type { Stream } from './streams.js'
import { MethodWire } from './wire.js'

/** How a method is carried out. What it throws is an error of the contract (`context.error`), or INTERNAL for the caller. */
export type Handler<M extends Method> =
  M extends Method<infer Type, infer Request, infer Response>
    ? {
        readonly unary: (request: Request, context: CallContext<M>) => Response | Promise<Response>
        readonly serverStream: (
          request: Request,
          context: CallContext<M>,
        ) => Stream<Response> | Promise<Stream<Response>>
        readonly clientStream: (
          requests: AsyncIterable<Request>,
          context: CallContext<M>,
        ) => Response | Promise<Response>
        readonly bothWays: (
          requests: AsyncIterable<Request>,
          context: CallContext<M>,
        ) => Stream<Response> | Promise<Stream<Response>>
      }[Type]
    : never

/** A handler for each method of a contract; an object of a class may be one. */
export type Handlers<C extends Contract> = { readonly [Name in keyof C['methods']]: Handler<C['methods'][Name]> }

/** A method that can be served. */
export interface ServedMethod {
  /** `service.method`. */
  readonly name: string
  readonly method: Method
  readonly wire: MethodWire
  readonly handle: (input: unknown, context: CallContext) => unknown
}

/** A service that can be served, over any number of connections. */
export interface Implementation {
  readonly contract: Contract
  /** @internal */
  readonly served: readonly ServedMethod[]
}

/** Carries a contract out. @throws TypeError if a method has no handler, or a handler no method */
export function implement<C extends Contract>(contract: C, handlers: Handlers<C>): Implementation {
  checkContract('implement', contract)
  if (typeof (handlers as unknown) !== 'object' || (handlers as unknown) === null) {
    throw new TypeError(`the handlers of ${contract.name} are an object with a function for each method`)
  }
  // an object of a class has whatever it needs, but in its prototype
  const stray = Object.keys(handlers).find((key) => !Object.hasOwn(contract.methods, key))
  if (stray !== undefined && Object.getPrototypeOf(handlers) === Object.prototype) {
    throw new TypeError(
      `${contract.name} has no method ${stray}; there are ${Object.keys(contract.methods).join(', ')}`,
    )
  }
  const served = Object.entries(contract.methods).map(([key, method]): ServedMethod => {
    const name = `${contract.name}.${key}`
    const byName = handlers as Readonly<Record<string, ((input: unknown, context: CallContext) => unknown) | undefined>>
    if (typeof byName[key] !== 'function') throw new TypeError(`${name} has no handler`)
    // looked up anew, and called as a method: the handlers may be an object of a class
    return {
      name,
      method,
      wire: new MethodWire(name, method),
      handle: (input, context) => byName[key]?.(input, context),
    }
  })
  return Object.freeze({ contract, served })
}
