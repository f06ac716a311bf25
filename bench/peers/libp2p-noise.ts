// @chainsafe/libp2p-noise over @libp2p/tcp, without the rest of libp2p: its upgrader is replaced by one that encrypts and stops there, so there is
// no multiplexing and no negotiation to pay for.
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type {
  ComponentLogger,
  Logger,
  MessageStream,
  MultiaddrConnection,
  PrivateKey,
  Upgrader,
} from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Uint8ArrayList } from 'uint8arraylist'
import { batchedOverBytes, overBytes, type BytePeer, type ReceiveBody } from '../link/byte-peer.js'
import { FramedChannel, unframe, type ByteStream } from '../link/framed-channel.js'
import { host } from '../link/sockets.js'

polyfillWithResolvers()

const libp2pNoise: BytePeer = {
  name: 'libp2p-noise',
  async prepare(directory) {
    for (const side of ['server', 'client']) {
      writeFileSync(keyFile(directory, side), privateKeyToProtobuf(await generateKeyPair('Ed25519')))
    }
  },
  async listen({ directory }, accept) {
    const encrypter = encrypterOf(readKey(directory, 'server'))
    const upgradeInbound = async (line: MultiaddrConnection, options: object): Promise<void> => {
      const { connection } = await encrypter.secureInbound(line, { ...options, skipStreamMuxerNegotiation: true })
      receiveFrom(connection, accept(new FramedChannel(new NoiseStream(connection))))
    }
    const listener = tcp()({ logger }).createListener({ upgrader: { upgradeInbound } as Upgrader })
    await listener.listen(multiaddr(`/ip4/${host}/tcp/0`))
    return { port: Number(listener.getAddrs()[0]!.toString().split('/').at(-1)) }
  },
  async connect({ directory }, port, receive) {
    client ??= clientOf(directory)
    const { encrypter, remotePeer, transport } = client
    let encrypted: MessageStream | undefined
    const upgradeOutbound = async (line: MultiaddrConnection): Promise<MultiaddrConnection> => {
      const options = { remotePeer, skipStreamMuxerNegotiation: true }
      encrypted = (await encrypter.secureOutbound(line, options)).connection
      return line
    }
    // the signal would end an established connection, too
    const options = { upgrader: { upgradeOutbound } as unknown as Upgrader, signal: new AbortController().signal }
    await transport.dial(multiaddr(`/ip4/${host}/tcp/${port}`), options)
    receiveFrom(encrypted!, receive)
    return new FramedChannel(new NoiseStream(encrypted!))
  },
}

let client: ReturnType<typeof clientOf> | undefined

function clientOf(directory: string) {
  const encrypter = encrypterOf(readKey(directory, 'client'))
  return { encrypter, remotePeer: peerIdFromPrivateKey(readKey(directory, 'server')), transport: tcp()({ logger }) }
}

function encrypterOf(privateKey: PrivateKey) {
  const upgrader = { getStreamMuxers: () => new Map() } as Upgrader
  return noise()({ privateKey, peerId: peerIdFromPrivateKey(privateKey), logger, upgrader })
}

function receiveFrom(stream: MessageStream, receive: ReceiveBody): void {
  const take = unframe(receive)
  stream.addEventListener('message', ({ data }) => {
    if (data instanceof Uint8Array) take(data)
    else for (const chunk of data) take(chunk)
  })
}

class NoiseStream implements ByteStream {
  readonly #stream: MessageStream
  #drained: Promise<void> | null = null

  constructor(stream: MessageStream) {
    this.#stream = stream
  }

  /** The stream does not say how much waits, only that it is enough. */
  get waiting(): number {
    return this.#drained === null ? 0 : Infinity
  }

  write(parts: readonly Uint8Array[]): void {
    const roomLeft = this.#stream.send(parts.length === 1 ? parts[0]! : new Uint8ArrayList(...parts))
    if (roomLeft || this.#drained !== null) return
    this.#drained = new Promise((resolve) => {
      const onDrain = (): void => {
        this.#drained = null
        resolve()
      }
      this.#stream.addEventListener('drain', onDrain, { once: true })
    })
  }

  async drained(): Promise<void> {
    await this.#drained
  }

  async close(): Promise<void> {
    await this.#stream.close()
  }
}

/** Says nothing. */
const log: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => log,
})
const logger: ComponentLogger = { forComponent: () => log }

function keyFile(directory: string, side: string): string {
  return join(directory, `libp2p-${side}`)
}

function readKey(directory: string, side: string): PrivateKey {
  return privateKeyFromProtobuf(readFileSync(keyFile(directory, side)))
}

/** libp2p is for newer releases of Node than 20, which lacks this alone of what is needed here. */
function polyfillWithResolvers(): void {
  const promises = Promise as { withResolvers?: unknown }
  promises.withResolvers ??= () => {
    const parts: { promise?: Promise<unknown>; resolve?: unknown; reject?: unknown } = {}
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
    return parts
  }
}

export const peers = [overBytes(libp2pNoise), batchedOverBytes(libp2pNoise)]
