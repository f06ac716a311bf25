import { boolean, enumeration, list, nothing, nullable, string, struct, type Infer } from '@stalk/spack/schema'
import { methodTypes, service, unary, type Contract, type Method, type NoErrors } from './contract.js'

const methodDescription = struct({
  name: string,
  type: enumeration(...methodTypes),
  request: string,
  response: string,
  idempotent: boolean,
  errors: list(struct({ code: string, details: nullable(string) })),
})

const serviceDescription = struct({ name: string, methods: list(methodDescription) })

const serverDescription = struct({ services: list(serviceDescription) })

/**
 * What a server offers: its services, their methods, and the kinds of what those take and give, each in its canonical form, a line of
 * JSON (SPEC, spack §schemas), of which `kindOf` makes a kind.
 */
export type ServerDescription = Infer<typeof serverDescription>

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

function describeMethod([name, { type, request, response, idempotent, errors }]: [
  string,
  Method,
]): ServerDescription['services'][number]['methods'][number] {
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
