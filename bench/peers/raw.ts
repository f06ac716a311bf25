// Raw TCP: bytes and nothing else, as many as the messages have, in blocks of 64 KiB or more. The limit of the machine.
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { host, ignoreErrors, listening, ready } from '../link/sockets.js'
import type { Link, Peer, Receive } from '../link/peer.js'

export const peers: readonly Peer[] = [
  {
    name: 'raw',
    listen({ workload: { size }, port }, accept) {
      const server = createServer({ noDelay: true }, (socket) => {
        receiveFrom(ignoreErrors(socket), size, accept(new RawLink(socket, size)))
      })
      return listening(server, port)
    },
    async connect({ workload: { size } }, port, receive) {
      const socket = await ready(connect({ port, host, noDelay: true }), 'connect')
      receiveFrom(socket, size, receive)
      return new RawLink(socket, size)
    },
  },
]

const BLOCK_BYTES = 64 * 1024
const WAITING_BYTES = 1024 * 1024

/** Both directions are this, over and over: the byte at any position of a stream is known. Its length is a power of two. */
const pattern = Buffer.allocUnsafeSlow(1024 * 1024)
for (let at = 0; at < pattern.length; at += 1) pattern[at] = at * 31 + (at >> 8) * 7

class RawLink implements Link {
  readonly #socket: Socket
  readonly #size: number
  #sent = 0
  #pending = 0

  constructor(socket: Socket, size: number) {
    this.#socket = socket
    this.#size = size
  }

  send(): boolean {
    if (this.#pending === 0) process.nextTick(() => this.#flush())
    this.#pending += this.#size
    if (this.#pending < BLOCK_BYTES) return true
    this.#flush()
    return this.#socket.writableLength < WAITING_BYTES
  }

  async drain(): Promise<void> {
    if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.end()
    await closed
  }

  #flush(): void {
    while (this.#pending > 0) {
      const at = this.#sent & (pattern.length - 1)
      const part = pattern.subarray(at, at + this.#pending)
      this.#socket.write(part)
      this.#sent = (this.#sent + part.length) & (pattern.length - 1)
      this.#pending -= part.length
    }
  }
}

/** Verifies a byte of every 509, and counts. */
function receiveFrom(socket: Socket, size: number, receive: Receive): void {
  let position = 0
  let partial = 0
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; at += 509) {
      if (chunk[at] !== pattern[(position + at) & (pattern.length - 1)])
        throw new Error('raw TCP delivered other bytes')
    }
    position = (position + chunk.length) & (pattern.length - 1)
    partial += chunk.length
    for (; partial >= size; partial -= size) receive(null)
  })
}
