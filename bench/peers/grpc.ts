// @grpc/grpc-js with mutual TLS: one bidirectional stream a connection. Structured messages are protobufs whose coders protobufjs compiles;
// bytes pass as they are, without a message around them.
import {
  Client,
  credentials as channelCredentials,
  Server,
  ServerCredentials,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ServerDuplexStream,
} from '@grpc/grpc-js'
import { once } from 'node:events'
import protobuf from 'protobufjs'
import type { Message, Reading, Workload } from '../harness/workload.js'
import { credentials, makeCertificates } from '../link/certificates.js'
import type { Link, Peer } from '../link/peer.js'
import { host } from '../link/sockets.js'

type Call = ServerDuplexStream<Message, Message> | ClientDuplexStream<Message, Message>

const path = '/bench.Exchange/exchange'

const channelOptions = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.use_local_subchannel_pool': 1, // every client has a connection of its own
  'grpc.enable_retries': 0,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
}

let clientCredentials: ChannelCredentials | undefined

const grpc: Peer = {
  name: 'grpc',
  prepare: makeCertificates,
  async listen({ directory, workload }, accept) {
    const { serialize, deserialize } = coding(workload)
    const server = new Server(channelOptions)
    const method = { path, requestStream: true, responseStream: true } as const
    const coders = { requestSerialize: serialize, responseSerialize: serialize }
    server.addService(
      { exchange: { ...method, ...coders, requestDeserialize: deserialize, responseDeserialize: deserialize } },
      {
        exchange(call: ServerDuplexStream<Message, Message>) {
          receiveFrom(call, accept(linkOver(call, () => Promise.resolve())))
          call.on('end', () => call.end())
        },
      },
    )
    const { key, cert, ca } = credentials(directory, 'server')
    const pair = [{ private_key: key, cert_chain: cert }]
    const secure = ServerCredentials.createSsl(ca, pair, true)
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${host}:0`, secure, (error, bound) => (error ? reject(error) : resolve(bound)))
    })
    return { port }
  },
  async connect({ directory, workload }, port, receive) {
    const { key, cert, ca } = credentials(directory, 'client')
    clientCredentials ??= channelCredentials.createSsl(ca, key, cert)
    const client = new Client(`${host}:${port}`, clientCredentials, channelOptions)
    const { serialize, deserialize } = coding(workload)
    const call = client.makeBidiStreamRequest(path, serialize, deserialize)
    receiveFrom(call, receive)
    return linkOver(call, async () => {
      const ended = once(call, 'status')
      call.end()
      await ended
      client.close()
    })
  },
}

function receiveFrom(call: Call, receive: (message: Message) => void): void {
  call.on('error', () => undefined)
  call.on('data', receive)
}

function linkOver(call: Call, close: () => Promise<void>): Link {
  let roomLeft = true
  call.on('drain', () => (roomLeft = true))
  return {
    send: (message) => (roomLeft = call.write(message)),
    async drain() {
      if (!roomLeft) await once(call, 'drain')
    },
    close,
  }
}

interface Coding {
  serialize(message: Message): Buffer
  deserialize(bytes: Buffer): Message
}

const reading = new protobuf.Type('Reading')
  .add(new protobuf.Field('seq', 1, 'uint32'))
  .add(new protobuf.Field('ts', 2, 'double'))
  .add(new protobuf.Field('name', 3, 'string'))
  .add(new protobuf.Field('payload', 4, 'bytes'))

function coding({ kind }: Workload): Coding {
  if (kind === 'bytes') return { serialize: (message) => message as Buffer, deserialize: (bytes) => bytes }
  return {
    serialize: (message) => reading.encode(message as Reading).finish() as Buffer,
    deserialize: (bytes) => reading.decode(bytes) as unknown as Reading,
  }
}

export const peers = [grpc]
