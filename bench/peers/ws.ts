// ws over TLS 1.3 with a certificate on both sides: binary messages, no compression, bufferutil, and no masking, which TLS makes pointless.
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { batchedOverBytes, overBytes, type BytePeer, type Channel, type ReceiveBody } from '../link/byte-peer.js'
import { credentials, makeCertificates } from '../link/certificates.js'
import { host, listening } from '../link/sockets.js'

const WAITING_BYTES = 256 * 1024
const common = { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 } as const

let secureContext: SecureContext | undefined

const ws: BytePeer = {
  name: 'ws',
  prepare: makeCertificates,
  listen({ directory, port }, accept) {
    const options = { ...credentials(directory, 'server'), requestCert: true, rejectUnauthorized: true } as const
    const server = createServer({ ...options, minVersion: 'TLSv1.3', noDelay: true })
    new WebSocketServer({ server, ...common }).on('connection', (socket, { socket: line }) => {
      receiveFrom(socket, accept(channelOver(socket, line)))
    })
    return listening(server, port)
  },
  async connect({ directory }, port, receive) {
    secureContext ??= createSecureContext({ ...credentials(directory, 'client'), minVersion: 'TLSv1.3' })
    const options = { ...common, secureContext, generateMask: (mask: Buffer) => void mask.fill(0) }
    const socket = new WebSocket(`wss://${host}:${port}`, options)
    receiveFrom(socket, receive)
    const [[{ socket: line }]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
      [{ socket: Socket }],
      unknown,
    ]
    return channelOver(socket, line)
  },
}

function receiveFrom(socket: WebSocket, receive: ReceiveBody): void {
  socket.on('error', () => undefined)
  socket.on('message', (body: Buffer) => receive(body))
}

/** @param line what is below, whose `drain` is the only one there is */
function channelOver(socket: WebSocket, line: Socket): Channel {
  return {
    reserve: 0,
    send({ bytes }) {
      socket.send(bytes)
      return socket.bufferedAmount < WAITING_BYTES
    },
    async drain() {
      if (line.writableNeedDrain) await once(line, 'drain')
    },
    async close() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

export const peers = [overBytes(ws), batchedOverBytes(ws)]
