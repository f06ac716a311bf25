// TLS 1.3 of Node with a certificate on both sides, and msgpackr. Every handshake is a whole one: sessions are not resumed.
import { connect, createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls'
import { batchedOverBytes, overBytes, type BytePeer } from '../link/byte-peer.js'
import { credentials, makeCertificates } from '../link/certificates.js'
import { host, ignoreErrors, listening, ready, receiveFrom, socketChannel } from '../link/sockets.js'

/** Made once: reading keys and certificates anew for each connection is a large part of connecting. */
let secureContext: SecureContext | undefined

const tls: BytePeer = {
  name: 'tls',
  prepare: makeCertificates,
  listen({ directory, port }, accept) {
    const options = { ...credentials(directory, 'server'), requestCert: true, rejectUnauthorized: true } as const
    const server = createServer({ ...options, minVersion: 'TLSv1.3', noDelay: true }, (socket: TLSSocket) => {
      receiveFrom(ignoreErrors(socket), accept(socketChannel(socket)))
    })
    return listening(server, port)
  },
  async connect({ directory }, port, receive) {
    secureContext ??= createSecureContext({ ...credentials(directory, 'client'), minVersion: 'TLSv1.3' })
    const socket = await ready(connect({ secureContext, port, host }).setNoDelay(true), 'secureConnect')
    receiveFrom(socket, receive)
    return socketChannel(socket)
  },
}

export const peers = [overBytes(tls), batchedOverBytes(tls)]
