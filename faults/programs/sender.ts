// The client: sends a stream of messages, over `connect` or over `reconnecting`, and says what becomes of its connections.
import { setTimeout as pause } from 'node:timers/promises'
import {
  connect,
  Identity,
  reconnecting,
  yieldToLoop,
  type ConnectOptions,
  type KeepaliveTimes,
  type Spack,
} from '@stalk/core'
import { makeMessage, readHave, readMessage } from '../messages.js'
import { config, describeError, onCommand, report } from './reports.js'

export interface SenderConfig {
  /**
   * `plain`: `connect`, and after a failure once more from where the receiver says that it is. `reconnecting`: what is not confirmed is sent
   * again. `answered`: the same, with all that the receiver has not answered for, so that it may crash.
   */
  readonly mode: 'plain' | 'reconnecting' | 'answered'
  readonly host: string
  readonly port: number
  readonly identity: string
  /** The fingerprint of the receiver. */
  readonly server: string
  readonly messages: number
  readonly keepalive?: KeepaliveTimes | false
  /** Connect again whatever ended the connection, also what looks like an attack. */
  readonly alwaysRetry?: boolean
}

/** What is sent ahead of its confirmation has to stay below the limit of 100,000 messages. */
const FLUSH_EVERY = 10_000
const FLUSHES_AHEAD = 5
/** The link has to read, too. */
const YIELD_EVERY = 500

const { mode, host, port, messages, keepalive, alwaysRetry, ...given } = config() as SenderConfig
const options: ConnectOptions = {
  identity: await Identity.load(given.identity),
  serverIdentity: given.server,
  applicationProtocols: ['faults-stream'],
  ...(keepalive !== undefined && { keepalive }),
}
onCommand(() => undefined)
if (mode === 'plain') await sendPlainly()
else await sendReconnecting()
report('done')
process.exit()

async function sendPlainly(): Promise<void> {
  for (;;) {
    try {
      await sendOnce()
      return
    } catch (error) {
      report('lost', describeError(error))
      await pause(500)
    }
  }
}

async function sendOnce(): Promise<void> {
  const connection = await connect(host, port, options)
  const have = readHave(await connection.receive())
  report('connected', { port: connection.socket.localPort })
  report('have', { have })
  for (let number = have + 1; number <= messages; number += 1) {
    if (!connection.send(makeMessage(number))) await connection.flush()
  }
  await connection.confirm()
  await connection.close()
}

async function sendReconnecting(): Promise<void> {
  let answered = 0
  const link = reconnecting(host, port, {
    ...options,
    ...(alwaysRetry && { retry: () => true }),
    backoff: { maxMs: 2_000 },
    onUnconfirmed(unconfirmed) {
      const again = mode === 'answered' ? messagesAfter(answered, unconfirmed) : unconfirmed
      report('unconfirmed', { first: firstOf(unconfirmed), count: unconfirmed.length, again: again.length })
      return again
    },
    onConnect: (connection) => report('connected', { port: connection.socket.localPort }),
    onDisconnect: (error) => report('lost', describeError(error)),
  })
  answered = readHave(await link.receive())
  report('have', { have: answered })
  const listening = (async () => {
    for await (const message of link) answered = Math.max(answered, readHave(message))
  })()
  const flushes: Promise<void>[] = []
  for (let number = answered + 1; number <= messages; number += 1) {
    link.send(makeMessage(number))
    if (number % YIELD_EVERY === 0) await yieldToLoop()
    if (number % FLUSH_EVERY === 0) flushes.push(link.flush())
    if (flushes.length > FLUSHES_AHEAD) await flushes.shift()
  }
  await link.flush()
  while (mode === 'answered' && answered < messages) await pause(10)
  await link.close()
  await listening
}

/** All from the first that the receiver has not answered for to the last that left. */
function messagesAfter(answered: number, unconfirmed: readonly Spack[]): readonly Spack[] {
  const last = unconfirmed.at(-1)
  if (last === undefined) return []
  const count = readMessage(last).number - answered
  return Array.from({ length: count }, (_, index) => makeMessage(answered + 1 + index))
}

function firstOf([first]: readonly Spack[]): number | null {
  return first === undefined ? null : readMessage(first).number
}
