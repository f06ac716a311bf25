// A process of two connections, one each way, whose memory is looked at: `node --expose-gc … watched-process.ts DIRECTORY PORT SNAPSHOTS`.
// It loads the identity in DIRECTORY, connects to PORT and listens, and speaks with whom it meets. At a line of its standard input it
// closes everything and forgets the identity; at the next it ends. Before each it writes a snapshot of its heap into SNAPSHOTS.
import { writeHeapSnapshot } from 'node:v8'
import { once } from 'node:events'
import { connect, Identity, listen, Spack, type Connection, type Listener } from '#src/index.js'

const [directory = '', port = '', snapshots = ''] = process.argv.slice(2)

interface Held {
  connections: Connection[]
  listener: Listener | null
  identity: Identity | null
}

const held: Held = { connections: [], listener: null, identity: null }
await meetBoth(held)
await show('open')
await leave(held)
await show('closed')
process.exit()

/** Is there to be searched until it hears a line. */
async function show(state: string): Promise<void> {
  await collect()
  writeHeapSnapshot(`${snapshots}/${state}.heapsnapshot`)
  process.stdout.write(`${state}\n`)
  await once(process.stdin, 'data')
}

/** Nothing of it stays on the stack of a function that is still running. */
async function meetBoth(into: Held): Promise<void> {
  const identity = await Identity.load(directory)
  into.identity = identity
  const client = await connect('127.0.0.1', Number(port), { identity, unverified: true })
  // so many that what is needed next is made beforehand
  for (let count = 0; count < 20; count += 1) {
    client.send(new Spack().string('from the client'))
    await client.receive()
  }
  into.connections.push(client)
  let served: (() => void) | null = null
  const isServed = new Promise<void>((resolve) => (served = resolve))
  const handler = async (connection: Connection): Promise<void> => {
    into.connections.push(connection)
    for (let count = 0; count < 20; count += 1) {
      connection.send(new Spack().string('from the server'))
      await connection.receive()
    }
    served?.()
    await connection.receive()
  }
  into.listener = await listen('127.0.0.1', 0, handler, { identity })
  process.stdout.write(`listens ${into.listener.port}\n`)
  await isServed
}

async function leave(from: Held): Promise<void> {
  await Promise.all(from.connections.map((connection) => connection.close()))
  await from.listener?.close()
  Object.assign(from, { connections: [], listener: null, identity: null })
}

async function collect(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    ;(globalThis as { gc?: () => void }).gc?.()
  }
}
