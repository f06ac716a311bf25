// ZeroMQ with CURVE, whose io thread encrypts beside the program: one connection is a pair of DEALERs, many end in one ROUTER. The server does
// not ask a ZAP handler who may come in, which would only cost.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { context, curveKeyPair, Dealer, Router } from 'zeromq'
import { batchedOverBytes, overBytes, type BytePeer, type Channel, type ReceiveBody } from '../link/byte-peer.js'
import type { Context } from '../link/peer.js'
import { host } from '../link/sockets.js'

context.maxSockets = 20_000

const zeromq: BytePeer = {
  name: 'zeromq',
  async prepare(directory) {
    for (const side of ['server', 'client']) writeFileSync(keyFile(directory, side), JSON.stringify(curveKeyPair()))
  },
  async listen(options, accept) {
    const { secretKey } = readKeys(options.directory, 'server')
    const socketOptions = { ...common(options), curveServer: true, curveSecretKey: secretKey, backlog: 4096 }
    const socket = options.single ? new Dealer(socketOptions) : new Router(socketOptions)
    await socket.bind(`tcp://${host}:*`)
    if (socket instanceof Dealer) void receiveFrom(socket, accept(new ZeromqChannel(socket, (body) => body)))
    else void route(socket, accept)
    return { port: Number(/\d+$/u.exec(socket.lastEndpoint ?? '')?.[0]) }
  },
  async connect(options, port, receive) {
    keys ??= { server: readKeys(options.directory, 'server'), client: readKeys(options.directory, 'client') }
    const { server, client } = keys
    const curve = {
      curveServerKey: server.publicKey,
      curvePublicKey: client.publicKey,
      curveSecretKey: client.secretKey,
    }
    const socket = new Dealer({ ...common(options), ...curve })
    socket.connect(`tcp://${host}:${port}`)
    void receiveFrom(socket, receive)
    return new ZeromqChannel(socket, (body) => body)
  },
}

interface Keys {
  readonly publicKey: string
  readonly secretKey: string
}

let keys: { readonly server: Keys; readonly client: Keys } | undefined

/** So many messages may wait that some megabytes do; the default of 1,000 is little for small ones and a lot for large ones. */
function common({ workload }: Context): { linger: number; sendHighWaterMark: number; receiveHighWaterMark: number } {
  const messages = Math.max(4, Math.min(10_000, Math.floor((4 * 1024 * 1024) / workload.size)))
  return { linger: 0, sendHighWaterMark: messages, receiveHighWaterMark: messages }
}

async function receiveFrom(socket: Dealer, receive: ReceiveBody): Promise<void> {
  for await (const [body] of socket) receive(body!)
}

/** A connection is known by its first message. */
async function route(router: Router, accept: (channel: Channel) => ReceiveBody): Promise<void> {
  const receivers = new Map<string, ReceiveBody>()
  const sender = new SendQueue(router)
  for await (const [id, body] of router) {
    const name = id!.toString('latin1')
    let receive = receivers.get(name)
    if (receive === undefined) {
      receive = accept(new ZeromqChannel(router, (bytes) => [id!, bytes], sender))
      receivers.set(name, receive)
    }
    receive(body!)
  }
}

/** A socket takes a message when the one before it is with the io thread. */
class SendQueue {
  readonly #socket: Dealer | Router
  #waiting: (Uint8Array | Uint8Array[])[] = []
  #sending: Promise<void> | null = null

  constructor(socket: Dealer | Router) {
    this.#socket = socket
  }

  send(message: Uint8Array | Uint8Array[]): boolean {
    const count = this.#waiting.push(message)
    this.#sending ??= this.#sendAll()
    return count < 256
  }

  async drain(): Promise<void> {
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const messages = this.#waiting
      this.#waiting = []
      for (const message of messages) await this.#socket.send(message as Buffer & Buffer[])
    }
    this.#sending = null
  }
}

class ZeromqChannel implements Channel {
  readonly reserve = 0
  readonly #socket: Dealer | Router
  readonly #address: (body: Uint8Array) => Uint8Array | Uint8Array[]
  readonly #queue: SendQueue

  constructor(
    socket: Dealer | Router,
    address: (body: Uint8Array) => Uint8Array | Uint8Array[],
    queue = new SendQueue(socket),
  ) {
    this.#socket = socket
    this.#address = address
    this.#queue = queue
  }

  send({ bytes }: { readonly bytes: Uint8Array }): boolean {
    return this.#queue.send(this.#address(bytes))
  }

  drain(): Promise<void> {
    return this.#queue.drain()
  }

  async close(): Promise<void> {
    await this.drain()
    this.#socket.close()
  }
}

function keyFile(directory: string, side: string): string {
  return join(directory, `zeromq-${side}.json`)
}

function readKeys(directory: string, side: string): Keys {
  return JSON.parse(readFileSync(keyFile(directory, side), 'utf8')) as Keys
}

export const peers = [overBytes(zeromq), batchedOverBytes(zeromq)]
