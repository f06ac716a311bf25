import type { TestContext } from 'node:test'
import {
  connect,
  Identity,
  listen,
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
} from '@stalk/core'
import { RpcError, serve, type Implementation, type ServeOptions } from '#src/index.js'

export const host = '127.0.0.1'

export const alice: Identity = await Identity.generate({ type: 'ed25519' })
export const bob: Identity = await Identity.generate({ type: 'ed25519' })

/** Bob’s listener, which serves on every connection; closed when the test ends. */
export async function bobServes(
  t: TestContext,
  implementations: readonly Implementation[],
  options: ServeOptions = {},
  listening: ListenOptions = {},
): Promise<Listener> {
  const listener = await listen(host, 0, (connection) => serve(connection, implementations, options), {
    identity: bob,
    ...listening,
  })
  closeAfter(t, listener)
  return listener
}

/** Hooks run in the order in which they were made: the client’s, on which the listener would wait, comes after this one. */
function closeAfter(t: TestContext, listener: Listener): void {
  t.after(() => {
    void listener.close({ timeoutMs: 100 })
  })
}

/** Alice’s connection to Bob; cut when the test ends. */
export async function aliceConnects(
  t: TestContext,
  { port }: { readonly port: number },
  options: Partial<ConnectOptions> = {},
): Promise<Connection> {
  const own = { identity: alice, serverIdentity: bob, ...options } as ConnectOptions
  const connection = await connect(host, port, own)
  t.after(() => {
    connection.abort()
  })
  return connection
}

/** Two ends of one connection, nobody serving on either. */
export async function pair(
  t: TestContext,
  listening: ListenOptions = {},
): Promise<{ client: Connection; server: Connection }> {
  let taken: (connection: Connection) => void = () => undefined
  const server = new Promise<Connection>((resolve) => (taken = resolve))
  const handler = (connection: Connection): Promise<void> => {
    taken(connection)
    return connection.closed
  }
  const listener = await listen(host, 0, handler, { identity: bob, ...listening })
  closeAfter(t, listener)
  return { client: await aliceConnects(t, listener), server: await server }
}

/** For `assert.rejects`: an RpcError of this code. */
export function code(expected: string): (error: unknown) => true {
  return (error) => {
    if (error instanceof RpcError && error.code === expected) return true
    throw new Error(`expected ${expected}, got ${String(error)}`, { cause: error })
  }
}

export async function errorOf(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof RpcError) return error as RpcError
    throw error
  }
  throw new Error('it did not reject')
}

/** Resolves once `condition` holds; rejects after five seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}
