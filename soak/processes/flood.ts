// Strangers that never get through: sockets that say nothing, garbage, and handshakes that are not gone on with.
import { createConnection, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { wrap } from '@stalk/core'
import { answer } from '../harness/answer.js'
import { clientAddress, host } from '../harness/dial.js'
import { clientKeys } from '../harness/keys.js'

export const floodKinds = ['half-open', 'garbage', 'half-finished'] as const
export type FloodKind = (typeof floodKinds)[number]

export interface FloodSetup {
  readonly directory: string
  readonly port: number
}

export interface Flood {
  readonly kind: FloodKind
  readonly addresses: number
  readonly perSecond: number
  readonly seconds: number
}

/** What a flood saw itself. */
export interface Flooded {
  /** Sockets that the system connected; where the listener's backlog is full, it never sees some of them. */
  readonly connected: number
  readonly notConnected: number
}

const TICK_MS = 5
/** First messages that are taken in turn: nobody can tell that they were used before. */
const OPENINGS = 64
/** Its addresses are 127.9.x.y. */
const GROUP = 9

let port = 0
let beginnings: readonly Buffer[] = []
let seed = 1
const sockets = new Set<Socket>()
let [connected, notConnected] = [0, 0]

const commands = {
  async start(setup: FloodSetup): Promise<void> {
    port = setup.port
    const keys = await clientKeys(setup.directory, 'stalk/2')
    beginnings = await Promise.all(Array.from({ length: OPENINGS }, () => beginning(keys)))
  },
  /** Opens so many sockets a second, and holds them for as long as the listener lets it. */
  async flood({ kind, addresses, perSecond, seconds }: Flood): Promise<void> {
    const startedAt = performance.now()
    const total = perSecond * seconds
    let opened = 0
    while (opened < total && performance.now() - startedAt < seconds * 2000) {
      const due = Math.min(total, ((performance.now() - startedAt) * perSecond) / 1000)
      for (; opened < due; opened += 1) openOne(clientAddress(GROUP, opened, addresses), openingOf(kind, opened))
      await pause(TICK_MS)
    }
  },
  /** Lets go what it still holds. */
  async letGo(): Promise<Flooded> {
    for (const socket of sockets) socket.destroy()
    while (sockets.size > 0) await pause(TICK_MS)
    const flooded = { connected, notConnected }
    connected = notConnected = 0
    return flooded
  },
}

export type FloodCommands = typeof commands
answer(commands)

/** @param opening null: nothing is said */
function openOne(localAddress: string, opening: Buffer | null): void {
  let isConnected = false
  const socket = createConnection({ host, port, localAddress }, () => {
    isConnected = true
    connected += 1
    if (opening !== null) socket.write(opening)
  })
  sockets.add(socket)
  socket.resume()
  socket.on('error', () => undefined)
  socket.once('close', () => {
    sockets.delete(socket)
    if (!isConnected) notConnected += 1
  })
}

/** Null: nothing is said. */
function openingOf(kind: FloodKind, index: number): Buffer | null {
  if (kind === 'half-open') return null
  const first = beginnings[index % beginnings.length] ?? Buffer.alloc(0)
  if (kind === 'half-finished') return first
  switch (index % 4) {
    case 0:
      return noise(300)
    case 1:
      return Buffer.from('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')
    case 2:
      // begins as a peer does
      return Buffer.concat([first.subarray(0, first.length >> 1), noise(300)])
    default:
      // begins as TLS does
      return Buffer.concat([Buffer.from('16030100fa010000f60303', 'hex'), noise(240)])
  }
}

function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    bytes[index] = seed >>> 24
  }
  return bytes
}

/** What a client says first, taken from one that is never answered. */
async function beginning(keys: Awaited<ReturnType<typeof clientKeys>>): Promise<Buffer> {
  return new Promise((resolve) => {
    const line = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, written) => {
        written()
        resolve(Buffer.from(chunk))
        line.destroy()
      },
    })
    wrap(line, { role: 'initiator', host, port, ...keys }).catch(() => undefined)
  })
}
