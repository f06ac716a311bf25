// Clients that come and go: each connects, says something, has it answered, and closes.
import { connect, describeThrown, StalkError, type Connection, type Protocol } from '@stalk/core'
import { rpc } from '@stalk/rpc'
import { answer } from '../harness/answer.js'
import { contents, isContents } from '../harness/contents.js'
import { clientAddress, dialFrom, HANDSHAKE_MS, host, type Line } from '../harness/dial.js'
import { clientKeys } from '../harness/keys.js'
import { holdings, type Holdings } from '../harness/leftovers.js'
import { memoryInUse, type Memory } from '../harness/memory.js'
import { message, Soak, verify } from '../harness/messages.js'

export interface ChurnSetup {
  readonly directory: string
  readonly port: number
  readonly protocol: Protocol
}

/** What became of the connections so far. */
export interface Churned {
  readonly done: number
  readonly channels: number
  readonly calls: number
  /** Connections that did not do everything they should, by code. */
  readonly failed: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
}

const AT_ONCE = 8
const ADDRESSES = 200
/** One connection in so many opens a channel as well, and another makes a call. */
const EVERY = 10
/** A connection that takes longer is cut. */
const PATIENCE_MS = 60_000

let line: Line | null = null
let started = 0
let [done, channels, calls] = [0, 0, 0]
const failed: Record<string, number> = {}
const warnings: string[] = []
const classes: Record<string, abstract new (...parameters: never[]) => unknown> = {}
const open = new Map<Connection, number>()

process.on('warning', ({ name, message: text }) => {
  if (name !== 'ExperimentalWarning') warnings.push(`${name}: ${text}`)
})

const commands = {
  async start({ directory, port, protocol }: ChurnSetup): Promise<void> {
    line = { port, protocol, keys: await clientKeys(directory, protocol) }
  },
  /** So many connections more, some at a time; resolves when all are gone. */
  async churn(count: number): Promise<Churned> {
    const until = started + count
    const watch = setInterval(cutThoseThatHang, 1000)
    const comeAndGo = async (): Promise<void> => {
      while (started < until) await one(started++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, comeAndGo))
    clearInterval(watch)
    return { done, channels, calls, failed, warnings }
  },
  holdings: (): Holdings => holdings(classes),
  memory: (): Promise<Memory> => memoryInUse(),
}

export type ChurnCommands = typeof commands
answer(commands)

async function one(index: number): Promise<void> {
  try {
    const connection = await reach(index)
    classes['Connection'] ??= connection.constructor as (typeof classes)[string]
    open.set(connection, performance.now())
    try {
      await converse(connection, index)
      await connection.close()
      if (connection.error !== null) throw connection.error
      done += 1
    } finally {
      open.delete(connection)
      connection.abort()
    }
  } catch (error) {
    const code = error instanceof StalkError ? error.code : describeThrown(error)
    failed[code] = (failed[code] ?? 0) + 1
  }
}

/** Every other one as programs do it, the others from many addresses. */
function reach(index: number): Promise<Connection> {
  if (line === null) throw new Error('the churn was not started')
  const { port, protocol, keys } = line
  if (index % 2 === 0) return connect(host, port, { ...keys, protocol, timeoutMs: HANDSHAKE_MS })
  return dialFrom(clientAddress(1, index >> 1, ADDRESSES), line)
}

async function converse(connection: Connection, index: number): Promise<void> {
  await exchange(connection, index)
  if (connection.protocol === 'stalk/1') return
  if (index % EVERY === 1) {
    const channel = connection.openChannel('soak')
    await exchange(channel, index)
    await channel.close()
    channels += 1
  }
  if (index % EVERY === 6) {
    const body = contents('client', index, 0)
    const reply = await rpc(connection, Soak).answer({ connection: index, number: 0, body })
    if (!isContents(reply.body, 'server', index, 0)) throw new Error('a call was answered wrongly')
    calls += 1
  }
}

async function exchange(conversation: Pick<Connection, 'send' | 'receive'>, index: number): Promise<void> {
  conversation.send(message('client', index, 0))
  if (verify(await conversation.receive(), 'server', 0) !== index) throw new Error('a message was answered wrongly')
}

function cutThoseThatHang(): void {
  for (const [connection, since] of open) {
    if (performance.now() - since > PATIENCE_MS) connection.abort()
  }
}
