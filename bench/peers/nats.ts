// NATS with TLS and a certificate on all sides: both programs are clients of Debian’s nats-server, whose CPU time counts.
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { connect as dial } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchedOverBytes, overBytes, type BytePeer, type Channel, type ReceiveBody } from '../link/byte-peer.js'
import { certificateFile, credentials, keyFile, makeCertificates } from '../link/certificates.js'
import { freePort, host } from '../link/sockets.js'

const nats: BytePeer = {
  name: 'nats',
  async prepare(directory) {
    broker()
    await makeCertificates(directory)
  },
  async listen({ directory }, accept) {
    const { port, pid } = await startBroker(directory)
    const connection = await connectTo(directory, port, 'server')
    const receivers = new Map<string, ReceiveBody>()
    connection.subscribe('up.*', {
      callback(error, { subject, data }) {
        if (error) throw error
        let receive = receivers.get(subject)
        if (receive === undefined) {
          receive = accept(channelOver(connection, subject.replace('up', 'down')))
          receivers.set(subject, receive)
        }
        receive(data)
      },
    })
    await connection.flush()
    return { port, helpers: [pid], endsInHelpers: true }
  },
  async connect({ directory }, port, receive) {
    const connection = await connectTo(directory, port, 'client')
    const id = randomUUID()
    connection.subscribe(`down.${id}`, {
      callback(error, { data }) {
        if (error) throw error
        receive(data)
      },
    })
    return { ...channelOver(connection, `up.${id}`), close: () => connection.close() }
  },
}

/** What may be on its way to the broker before a sender waits for it. */
const WAITING_BYTES = 1024 * 1024

function channelOver(connection: NatsConnection, subject: string): Channel {
  let waiting = 0
  return {
    reserve: 0,
    send({ bytes }) {
      connection.publish(subject, bytes)
      waiting += bytes.length + 32
      return waiting < WAITING_BYTES
    },
    async drain() {
      waiting = 0
      await connection.flush()
    },
    close: () => Promise.resolve(),
  }
}

function connectTo(directory: string, port: number, side: 'server' | 'client'): Promise<NatsConnection> {
  const { key, cert, ca } = credentials(directory, side)
  // the broker has the server’s certificate, so its own client trusts that one as well
  const trusted = side === 'client' ? ca : cert
  const tls = { key: key.toString(), cert: cert.toString(), ca: trusted.toString() }
  return connect({ servers: `${host}:${port}`, tls, reconnect: false })
}

/** The broker drops slow subscribers: it may keep so much for one that this never happens here. */
async function startBroker(directory: string): Promise<{ port: number; pid: number }> {
  const port = await freePort()
  const certificates = join(directory, 'nats-clients.pem')
  writeFileSync(certificates, Buffer.concat([credentials(directory, 'server').ca, credentials(directory, 'client').ca]))
  const [cert, key] = [certificateFile(directory, 'server'), keyFile(directory, 'server')]
  const file = join(directory, `nats-${port}.conf`)
  writeFileSync(
    file,
    `host: ${host}\nport: ${port}\nmax_payload: 67108864\nmax_pending: 2147483648\nmax_connections: 20000\n` +
      `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${certificates}", verify: true, timeout: 20 }\n`,
  )
  const child = spawn(broker(), ['-c', file], { stdio: 'ignore' })
  process.once('exit', () => child.kill('SIGKILL'))
  await waitFor(port)
  return { port, pid: child.pid! }
}

function broker(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin']
  const file = folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path))
  if (file === undefined) throw new Error('nats-server is not installed: apt-get install nats-server')
  return file
}

async function waitFor(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = dial({ port, host })
      socket.once('error', () => resolve(false))
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
    })
    if (isOpen) return
    await sleep(50)
  }
  throw new Error('nats-server does not listen')
}

export const peers = [overBytes(nats), batchedOverBytes(nats)]
