import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Connection } from '#src/connection/connection.js'
import { connect, type ConnectOptions } from '#src/net/connect.js'
import { listen, type Handler, type Listener, type ListenOptions } from '#src/net/listen.js'
import { capture, host } from './network.js'
import { ed25519Alice, ed25519Bob } from './stalk2.js'

/** Bob’s stalk/2 listener on a free port of the loopback; closed when the test ends. */
export async function bobListens2(
  t: TestContext,
  handler: Handler,
  options: Partial<ListenOptions> = {},
): Promise<Listener> {
  const listener = await listen(host, 0, handler, { identity: ed25519Bob, ...options })
  t.after(() => listener.close({ timeoutMs: 200 }))
  return listener
}

/** Alice’s stalk/2 connection, pinned to Bob; cut when the test ends. */
export async function aliceConnects2(
  t: TestContext,
  { port, identity }: { port: number; identity: Listener['identity'] },
  options: Partial<ConnectOptions> = {},
): Promise<Connection<Socket>> {
  const own = options.anonymous ? {} : { identity: ed25519Alice }
  const connection = await connect(host, port, { ...own, serverIdentity: identity, ...options } as ConnectOptions)
  t.after(() => {
    connection.abort()
  })
  return connection
}

/** Two established ends of one stalk/2 connection. */
export async function talk2(
  t: TestContext,
  options: { listen?: Partial<ListenOptions>; connect?: Partial<ConnectOptions> } = {},
): Promise<{ client: Connection<Socket>; server: Connection<Socket>; listener: Listener }> {
  const { handler, next } = capture()
  const listener = await bobListens2(t, handler, options.listen)
  const [client, server] = await Promise.all([aliceConnects2(t, listener, options.connect), next()])
  return { client, server, listener }
}
