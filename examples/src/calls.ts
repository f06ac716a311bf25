// Questions and answers by a contract: typed on both sides, with errors, deadlines and cancellation that travel.
import { connect, Identity, listen } from '@stalk/core'
import { implement, isErrorOf, rpc, serve, serverStream, service, unary } from '@stalk/rpc'
import { integer, string, struct } from '@stalk/spack/schema'

const Store = service('store', {
  read: unary({
    request: struct({ key: string }),
    response: string,
    idempotent: true,
    errors: { NOT_FOUND: struct({ key: string }) },
  }),
  count: serverStream({ request: struct({ to: integer }), response: integer }),
})

const values = new Map([['greeting', 'hello']])
const store = implement(Store, {
  read({ key }, context) {
    const value = values.get(key)
    if (value === undefined) throw context.error('NOT_FOUND', 'there is no such key', { key })
    return value
  },
  *count({ to }, { signal }) {
    for (let number = 1; number <= to && !signal.aborted; number += 1) yield number
  },
})

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })
const listener = await listen('127.0.0.1', 0, (connection) => serve(connection, [store]), { identity: server })

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
const remote = rpc(connection, Store)

console.log(await remote.read({ key: 'greeting' }, { timeoutMs: 1_000 }))
try {
  await remote.read({ key: 'farewell' })
} catch (error) {
  if (!isErrorOf(Store.methods.read, error) || error.code !== 'NOT_FOUND') throw error
  console.log(`${error.message}: ${error.details.key}`)
}
for await (const number of remote.count({ to: 1_000_000 })) {
  console.log(number)
  if (number === 3) break // cancels the call: the handler's signal aborts
}

await connection.close()
await listener.close()
