// Plain TCP with msgpackr: what the messages cost without encryption.
import { connect, createServer } from 'node:net'
import { batchedOverBytes, overBytes, type BytePeer } from '../link/byte-peer.js'
import { host, ignoreErrors, listening, ready, receiveFrom, socketChannel } from '../link/sockets.js'

const tcp: BytePeer = {
  name: 'tcp',
  listen({ port }, accept) {
    const server = createServer({ noDelay: true }, (socket) => {
      receiveFrom(ignoreErrors(socket), accept(socketChannel(socket)))
    })
    return listening(server, port)
  },
  async connect(_, port, receive) {
    const socket = await ready(connect({ port, host, noDelay: true }), 'connect')
    receiveFrom(socket, receive)
    return socketChannel(socket)
  },
}

export const peers = [overBytes(tcp), batchedOverBytes(tcp)]
