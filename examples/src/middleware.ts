// What is around every call: how long it takes, who may make it, and what nobody is told.
import { connect, Identity, listen } from '@stalk/core'
import { implement, rpc, RpcError, serve, service, unary, type Middleware } from '@stalk/rpc'
import { nothing, string } from '@stalk/spack/schema'

const server = await Identity.generate({ type: 'ed25519' })
const admin = await Identity.generate({ type: 'ed25519' })
const guest = await Identity.generate({ type: 'ed25519' })

const errors = { NOT_ALLOWED: undefined }
const Machine = service('machine', {
  name: unary({ request: nothing, response: string, errors }),
  stop: unary({ request: nothing, response: nothing, errors }),
})
const machine = implement(Machine, {
  name: () => 'the machine',
  stop: () => {
    throw new Error('the brake is stuck') // in no contract: nobody’s business but ours
  },
})

const timed: Middleware = async ({ method }, next) => {
  const startedAt = performance.now()
  try {
    await next()
  } finally {
    console.log(`${method} took ${performance.now() - startedAt < 1000 ? 'less' : 'more'} than a second`)
  }
}
const admins: Middleware = async ({ method, peerIdentity }, next) => {
  const isAllowed = method !== 'machine.stop' || peerIdentity?.equals(admin)
  if (!isAllowed) throw new RpcError('NOT_ALLOWED', 'only admins stop the machine')
  await next()
}

const listener = await listen(
  '127.0.0.1',
  0,
  (connection) =>
    serve(connection, [machine], {
      middleware: [timed, admins], // the first one is outermost
      introspection: false,
      onError: (error, { method }) => console.log(`${method}: ${String(error)}`),
    }),
  { identity: server },
)

for (const identity of [guest, admin]) {
  await using connection = await connect('127.0.0.1', listener.port, { identity, serverIdentity: server })
  const remote = rpc(connection, Machine)
  console.log(await remote.name(null))
  try {
    await remote.stop(null)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    console.log(error.code, error.fault, error.message)
  }
}
await listener.close()
