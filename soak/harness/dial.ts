import { createConnection, type Socket } from 'node:net'
import { wrap, type Connection, type KeepaliveTimes, type Protocol } from '@stalk/core'
import type { ClientKeys } from './keys.js'

export const host = '127.0.0.1'

/** A handshake may take longer than by default, on either side: no finding if the machine does something else meanwhile. */
export const HANDSHAKE_MS = 60_000

/** Who connects to whom, and how. */
export interface Line {
  readonly port: number
  readonly protocol: Protocol
  readonly keys: ClientKeys
  readonly keepalive?: Partial<KeepaliveTimes> | false
}

/** `connect` from a certain address: of one alone a listener takes only so many, and it has only so many ports. */
export async function dialFrom(localAddress: string, { port, protocol, keys, keepalive }: Line): Promise<Connection> {
  const socket = await open(localAddress, port)
  const more = keepalive === undefined ? {} : { keepalive }
  return wrap(socket, { role: 'initiator', ...keys, protocol, timeoutMs: HANDSHAKE_MS, ...more })
}

function open(localAddress: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, localAddress, allowHalfOpen: true, noDelay: true })
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** One of so many addresses of a client: 127.`group`.0.1, 127.`group`.0.2 and so on. */
export function clientAddress(group: number, index: number, count: number): string {
  const number = index % count
  return `127.${group}.${Math.floor(number / 250)}.${1 + (number % 250)}`
}
