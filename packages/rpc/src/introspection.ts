import { boolean, enumeration, list, nothing, nullable, string, struct, type Kind } from '@stalk/spack/schema'
import { methodTypes, service, unary, type Contract, type Method, type MethodType, type NoErrors } from './contract.js'

/** A method, and the kinds of what it takes and gives in their canonical form: a line of JSON (SPEC, spack §schemas). */
export interface MethodDescription {
  name: string
  type: MethodType
  request: string
  response: string
  idempotent: boolean
  /** The codes of its contract, and the kind of the details of each; null for none. */
  errors: { code: string; details: string | null }[]
}

/** What a server offers: its services and their methods. */
export interface ServerDescription {
  services: { name: string; methods: MethodDescription[] }[]
}

const methodDescription: Kind<MethodDescription> = struct({
  name: string,
  type: enumeration(...methodTypes),
  request: string,
  response: string,
  idempotent: boolean,
  errors: list(struct({ code: string, details: nullable(string) })),
})

const serverDescription: Kind<ServerDescription> = struct({
  services: list(struct({ name: string, methods: list(methodDescription) })),
})

/** The service that every server has unless it is told otherwise: what else it has. */
export const Introspection: Contract<{
  readonly describe: Method<'unary', null, ServerDescription, NoErrors>
}> = service('stalk', {
  describe: unary({ request: nothing, response: serverDescription, idempotent: true }),
})

/** The description of some services. */
export function describeContracts(contracts: readonly Contract[]): ServerDescription {
  return {
    services: contracts.map(({ name, methods }) => ({ name, methods: Object.entries(methods).map(describeMethod) })),
  }
}

function describeMethod([name, { type, request, response, idempotent, errors }]: [string, Method]): MethodDescription {
  return {
    name,
    type,
    request: JSON.stringify(request.form),
    response: JSON.stringify(response.form),
    idempotent,
    errors: Object.entries(errors).map(([code, kind]) => ({
      code,
      details: kind === undefined ? null : JSON.stringify(kind.form),
    })),
  }
}
