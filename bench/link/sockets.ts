import { once } from 'node:events'
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net'
import { FramedChannel, unframe, type ByteStream } from './framed-channel.js'
import type { Channel, ReceiveBody } from './byte-peer.js'
import type { Server } from './peer.js'

export const host = '127.0.0.1'

/** A server of Node’s, once it listens. */
export async function listening(server: NetServer, wanted = 0): Promise<Server> {
  server.listen({ port: wanted, host, backlog: 4096 })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

/** Bodies over a socket of Node’s, TLS or not. */
export function socketChannel(socket: Socket): Channel {
  return new FramedChannel(new SocketStream(socket))
}

export function receiveFrom(socket: Socket, receive: ReceiveBody): void {
  socket.on('data', unframe(receive))
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const { port } = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Resolves on the event and rejects on an error; a connection that breaks later is noticed by what is missing. */
export async function ready<T extends Socket>(socket: T, event: string): Promise<T> {
  await once(socket, event)
  return ignoreErrors(socket)
}

export function ignoreErrors<T extends Socket>(socket: T): T {
  return socket.on('error', () => undefined)
}

class SocketStream implements ByteStream {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get waiting(): number {
    return this.#socket.writableLength
  }

  /** What is written in one tick leaves together, in one call of the kernel: a socket alone would make one of every write. */
  write(parts: readonly Uint8Array[]): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork()
      process.nextTick(() => this.#socket.uncork())
    }
    for (const part of parts) this.#socket.write(part)
  }

  async drained(): Promise<void> {
    if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (socket.closed) return
    const closed = once(socket, 'close')
    socket.end()
    await closed
  }
}
