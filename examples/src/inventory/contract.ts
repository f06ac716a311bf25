// What the inventory offers. Service and client share this file, and the compiler holds both to it.
import { bothWays, clientStream, serverStream, service, unary } from '@stalk/rpc'
import { integer, nothing, string, struct } from '@stalk/spack/schema'

export const item = struct({ name: string, count: integer })
const errors = { NOT_FOUND: struct({ similar: string }) }

export const Inventory = service('inventory', {
  /** How much there is of something. */
  find: unary({ request: struct({ name: string }), response: item, idempotent: true, errors }),
  /** Everything there is, and then everything that changes. */
  watch: serverStream({ request: nothing, response: item }),
  /** Puts things in, and says how many they were. */
  fill: clientStream({ request: item, response: integer }),
  /** Takes things out, one for each request: the answer is how many are left. */
  take: bothWays({ request: string, response: integer, errors }),
})
