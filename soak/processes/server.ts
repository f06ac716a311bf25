// The listener that is under load. It verifies every message and answers it with another.
import { describeThrown, listen, StalkError, type Connection, type KeepaliveTimes, type Listener } from '@stalk/core'
import type { ListenerMetrics, ListenOptions, Protocol, Spack } from '@stalk/core'
import { implement, serve } from '@stalk/rpc'
import { answer } from '../harness/answer.js'
import { contents, isContents } from '../harness/contents.js'
import { HANDSHAKE_MS, host } from '../harness/dial.js'
import { serverKey } from '../harness/keys.js'
import { holdings, type Holdings } from '../harness/leftovers.js'
import { memoryInUse, PeakWatch, type Memory } from '../harness/memory.js'
import { message, Soak, verify } from '../harness/messages.js'
import { processorTimes, type ProcessorTimes } from '../harness/processor.js'
import { Planted, type Fault } from './faults.js'

export interface ServerSetup {
  readonly directory: string
  readonly protocol: Protocol
  readonly options?: Pick<ListenOptions, 'maxConnections' | 'maxHandshakes' | 'handshakeRate' | 'handshakeTimeoutMs'>
  readonly keepalive?: Partial<KeepaliveTimes>
  readonly fault: Fault | null
}

/** What a server has seen since it started. */
export interface Seen {
  readonly metrics: ListenerMetrics
  readonly verified: number
  readonly wrong: number
  /** Connections that did not end in order, by code. */
  readonly failed: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
  readonly processor: ProcessorTimes
}

let listener: Listener | null = null
let planted = new Planted(null)
let verified = 0
let wrong = 0
const failed: Record<string, number> = {}
const warnings: string[] = []
const classes: Record<string, abstract new (...parameters: never[]) => unknown> = {}
/** Bytes received by each connection when traffic was marked. */
let marked = new Map<Connection, number>()
let peak: PeakWatch | null = null

process.on('warning', ({ name, message: text }) => {
  if (name !== 'ExperimentalWarning') warnings.push(`${name}: ${text}`)
})

const commands = {
  async start({ directory, protocol, options, keepalive, fault }: ServerSetup): Promise<{ readonly port: number }> {
    planted = new Planted(fault)
    const identity = await serverKey(directory, protocol)
    const alive = protocol === 'stalk/1' ? {} : planted.keepalive(keepalive)
    listener = await listen(host, 0, handle, {
      identity,
      protocol,
      ...alive,
      ...planted.options({ handshakeTimeoutMs: HANDSHAKE_MS, ...options }),
      onError: (error, { connection }) => {
        if (connection !== null) count(error)
      },
    })
    return { port: listener.port }
  },
  seen(): Seen {
    return { metrics: running().metrics(), verified, wrong, failed, warnings, processor: processorTimes() }
  },
  /** Only once all connections are gone is it what is held without them. */
  holdings: (): Holdings => holdings(classes),
  memory: (): Promise<Memory> => memoryInUse(),
  watchPeak(): void {
    peak = new PeakWatch()
  },
  peak: (): number => peak?.stop() ?? 0,
  /** From now on {@link commands.untouched} counts. */
  markTraffic(): void {
    marked = new Map([...running().connections].map((one) => [one, one.metrics().bytesReceived]))
  },
  /** Connections over which nothing came since traffic was marked. */
  untouched(): number {
    const silent = [...marked].filter(([connection, bytes]) => connection.metrics().bytesReceived === bytes)
    marked = new Map()
    return silent.length
  },
  async close(): Promise<void> {
    await running().close()
  },
}

export type ServerCommands = typeof commands
answer(commands)

function running(): Listener {
  if (listener === null) throw new Error('the server was not started')
  return listener
}

async function handle(connection: Connection): Promise<void> {
  classes['Connection'] ??= connection.constructor as (typeof classes)[string]
  planted.onConnection(connection)
  const calls = connection.protocol === 'stalk/2' ? serve(connection, [calling], { onChannel }) : undefined
  await answerAll(connection)
  await calls
}

const calling = implement(Soak, {
  answer({ connection, number, body }) {
    if (isContents(body, 'client', connection, number)) verified += 1
    else wrong += 1
    return { connection, number, body: contents('server', connection, number) }
  },
})

async function onChannel(channel: Conversation & { close(): Promise<void> }): Promise<void> {
  await answerAll(channel)
  await channel.close()
}

interface Conversation extends AsyncIterable<Spack> {
  send(message: Spack): boolean
  flush(): Promise<void>
}

async function answerAll(conversation: Conversation): Promise<void> {
  let number = 0
  for await (const received of conversation) {
    const connection = verify(received, 'client', number)
    if (connection === null) wrong += 1
    else verified += 1
    const reply = planted.reply(message('server', connection ?? 0, number))
    if (reply !== null && !conversation.send(reply)) await conversation.flush()
    number += 1
  }
}

function count(error: unknown): void {
  const code = error instanceof StalkError ? error.code : describeThrown(error)
  failed[code] = (failed[code] ?? 0) + 1
}
