import { createServer, connect as connectSocket, type AddressInfo, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Connection } from '#src/connection/connection.js'
import { connect } from '#src/net/connect.js'
import type { ConnectSettings } from '#src/net/initiator.js'
import { listen, type Handler, type Listener, type ListenOptions } from '#src/net/listen.js'
import { alice, bob } from './people.js'

export const host = '127.0.0.1'

/** Bob’s listener on a free port of the loopback; closed when the test ends. */
export async function bobListens(
  t: TestContext,
  handler: Handler,
  options: Partial<ListenOptions> = {},
): Promise<Listener> {
  const listener = await listen(host, 0, handler, { identity: bob, protocol: 'stalk/1', ...options })
  t.after(() => listener.close({ timeoutMs: 200 }))
  return listener
}

/** Alice’s connection, pinned to Bob; cut when the test ends. */
export async function aliceConnects(
  t: TestContext,
  { port }: { port: number },
  options: Partial<ConnectSettings> = {},
): Promise<Connection<Socket>> {
  const connection = await connect(host, port, {
    identity: alice,
    serverIdentity: bob,
    protocol: 'stalk/1',
    ...options,
  })
  t.after(() => {
    connection.abort()
  })
  return connection
}

/** A handler that hands the connection to the test and keeps it open. */
export function capture(): { handler: Handler; next: () => Promise<Connection<Socket>> } {
  const connections: Connection<Socket>[] = []
  const waiting: ((connection: Connection<Socket>) => void)[] = []
  return {
    handler: (connection) => {
      const waiter = waiting.shift()
      if (waiter === undefined) connections.push(connection)
      else waiter(connection)
      return connection.closed
    },
    next: () => {
      const connection = connections.shift()
      if (connection !== undefined) return Promise.resolve(connection)
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

/** Two established ends of one connection. */
export async function talk(
  t: TestContext,
  options: { listen?: Partial<ListenOptions>; connect?: Partial<ConnectSettings> } = {},
): Promise<{ client: Connection<Socket>; server: Connection<Socket>; listener: Listener }> {
  const { handler, next } = capture()
  const listener = await bobListens(t, handler, options.listen)
  const [client, server] = await Promise.all([aliceConnects(t, listener, options.connect), next()])
  return { client, server, listener }
}

/** A plain TCP server on a free port; it and its sockets end with the test. */
export async function plainServer(
  t: TestContext,
  onSocket: (socket: Socket) => void,
): Promise<Server & { port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

/** A plain TCP connection, gone when the test ends. */
export async function plainSocket(t: TestContext, port: number): Promise<Socket> {
  const socket = connectSocket({ host, port })
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return socket
}

/** Resolves once `condition` holds; rejects after five seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Resolves when the socket is closed, however that came about. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
