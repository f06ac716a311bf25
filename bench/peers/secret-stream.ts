// @hyperswarm/secret-stream over TCP: Noise XX and libsodium’s secretstream; sodium-native does the cryptography.
import SecretStream, { type KeyPair } from '@hyperswarm/secret-stream'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { batchedOverBytes, overBytes, type BytePeer, type Channel } from '../link/byte-peer.js'
import { host, ignoreErrors, listening } from '../link/sockets.js'

/** With the default of 16 KiB, every write of a large message would wait for the kernel by itself. */
const socketOptions = { noDelay: true, highWaterMark: 256 * 1024 } as const

const secretStream: BytePeer = {
  name: 'secret-stream',
  async prepare(directory) {
    for (const side of ['server', 'client']) {
      const { publicKey, secretKey } = SecretStream.keyPair()
      writeFileSync(keyFile(directory, side), Buffer.concat([publicKey, secretKey]))
    }
  },
  listen({ directory, port }, accept) {
    const keyPair = readKeyPair(directory, 'server')
    const server = createServer(socketOptions, (socket) => {
      const stream = new SecretStream(false, ignoreErrors(socket), { keyPair })
      stream.on('error', () => undefined)
      stream.on('connect', () => stream.on('data', accept(channelOver(stream))))
      stream.on('end', () => stream.end())
    })
    return listening(server, port)
  },
  async connect({ directory }, port, receive) {
    keys ??= readKeyPair(directory, 'client')
    const socket = ignoreErrors(connect({ ...socketOptions, port, host }))
    const stream = new SecretStream(true, socket, { keyPair: keys })
    stream.on('error', () => undefined)
    stream.on('data', receive)
    if (!(await stream.opened)) throw new Error('the handshake failed')
    serverKey ??= readKeyPair(directory, 'server').publicKey
    if (!serverKey.equals(stream.remotePublicKey)) throw new Error('somebody else answered')
    return channelOver(stream)
  },
}

let keys: KeyPair | undefined
let serverKey: Buffer | undefined

function channelOver(stream: SecretStream): Channel {
  let roomLeft = true
  stream.on('drain', () => (roomLeft = true))
  return {
    reserve: 0,
    send: ({ bytes }) => (roomLeft = stream.write(bytes)),
    async drain() {
      if (!roomLeft) await once(stream, 'drain')
    },
    async close() {
      const closed = once(stream, 'close')
      stream.end()
      await closed
    },
  }
}

function keyFile(directory: string, side: string): string {
  return join(directory, `secret-stream-${side}`)
}

function readKeyPair(directory: string, side: string): KeyPair {
  const bytes = readFileSync(keyFile(directory, side))
  return { publicKey: bytes.subarray(0, 32), secretKey: bytes.subarray(32) }
}

export const peers = [overBytes(secretStream), batchedOverBytes(secretStream)]
