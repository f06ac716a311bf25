// stalk as its users use it where many messages come: connect and listen, send and loop over batches. The handshake rate is for strangers, so it is off.
import { connect, Identity, listen, Spack, type Connection } from '@stalk/core'
import { bytes, float64, integer, schema, string } from '@stalk/spack/schema'
import { join } from 'node:path'
import type { Message, Reading, Workload } from '../harness/workload.js'
import type { Link, Peer } from '../link/peer.js'
import { host } from '../link/sockets.js'

export const peers = [
  stalkPeer('stalk', 'stalk/2', selfDescribing),
  stalkPeer('stalk-1', 'stalk/1', selfDescribing),
  stalkPeer('stalk-schema', 'stalk/2', bySchema),
]

/** How an application sends messages, and takes those that come. */
interface Coding {
  send(connection: Connection, message: Message): boolean
  receiveAll(connection: Connection, receive: (message: Message) => void): Promise<void>
}

/** As msgpackr’s users have it, and most others: bytes are views of what arrived. */
const batching = { copy: false }

/** Packets of its own making. */
function packets(encode: (message: Message) => Spack, decode: (spack: Spack) => Message): Coding {
  return {
    send: (connection, message) => connection.send(encode(message)),
    async receiveAll(connection, receive) {
      for await (const batch of connection.batches(batching)) for (const spack of batch) receive(decode(spack))
    },
  }
}

function selfDescribing({ kind }: Workload): Coding {
  return kind === 'bytes' ? bytesCoding : readingCoding
}

const bytesCoding = packets(
  (message) => new Spack().bytes(message as Uint8Array),
  (spack) => spack.values()[0] as Uint8Array,
)

const readingCoding = packets(
  (message) => {
    const { seq, ts, name, payload } = message as Reading
    return new Spack().integer(seq).float64(ts).string(name).bytes(payload)
  },
  (spack) => {
    const [seq, ts, name, payload] = spack.values() as [number, number, string, Uint8Array]
    return { seq, ts, name, payload }
  },
)

function bySchema({ kind }: Workload): Coding {
  return kind === 'bytes' ? bytesBySchema : readingBySchema
}

const Bytes = schema({ bytes })
const bytesBySchema: Coding = {
  send: (connection, message) => connection.sendTyped(Bytes, { bytes: message as Uint8Array }),
  async receiveAll(connection, receive) {
    for await (const batch of connection.typedBatches(Bytes, batching))
      for (const message of batch) receive(message.bytes)
  },
}

const ReadingSchema = schema({ seq: integer, ts: float64, name: string, payload: bytes })
const readingBySchema: Coding = {
  send: (connection, message) => connection.sendTyped(ReadingSchema, message as Reading),
  async receiveAll(connection, receive) {
    for await (const batch of connection.typedBatches(ReadingSchema, batching))
      for (const message of batch) receive(message)
  },
}

function stalkPeer(name: string, protocol: 'stalk/1' | 'stalk/2', coding: (workload: Workload) => Coding): Peer {
  const folder = (directory: string, side: string): string => join(directory, protocol.replace('/', '-'), side)
  const type = protocol === 'stalk/2' ? ({ type: 'ed25519' } as const) : ({ type: 'rsa', protocol } as const)
  let sides: Promise<{ identity: Identity; serverIdentity: Identity }> | undefined
  return {
    name,
    async prepare(directory) {
      coding({ kind: 'reading' } as Workload)
      for (const side of ['server', 'client']) {
        await (await Identity.generate(type)).save(folder(directory, side), { force: true })
      }
    },
    async listen({ directory, workload, port }, accept) {
      const identity = await Identity.load(folder(directory, 'server'))
      const codec = coding(workload)
      const handler = (connection: Connection): Promise<void> => {
        return codec.receiveAll(connection, accept(linkOver(connection, codec)))
      }
      const limits = limitsFor(workload)
      return listen(host, port, handler, { identity, protocol, limits, handshakeRate: false, maxConnections: 20_000 })
    },
    async connect({ directory, workload }, port, receive) {
      sides ??= loadSides(folder(directory, 'client'), folder(directory, 'server'))
      const connection = await connect(host, port, { ...(await sides), protocol, limits: limitsFor(workload) })
      const codec = coding(workload)
      void codec.receiveAll(connection, receive)
      return linkOver(connection, codec)
    },
  }
}

async function loadSides(
  client: string,
  server: string,
): Promise<{ readonly identity: Identity; readonly serverIdentity: Identity }> {
  return { identity: await Identity.load(client), serverIdentity: await Identity.loadPublic(server) }
}

/** A message of 16 MiB does not fit into the default of 16 MiB, since it has a type and a length as well. */
function limitsFor({ size }: Workload): { maxMessageBytes: number } {
  return { maxMessageBytes: Math.max(16 * 1024 * 1024, size + 1024) }
}

function linkOver(connection: Connection, codec: Coding): Link {
  return {
    send: (message) => codec.send(connection, message),
    drain: () => connection.flush(),
    close: () => connection.close(),
  }
}
