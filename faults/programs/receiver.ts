// The listener: takes streams of messages from any number of peers and verifies them, and echoes for its neighbours.
import { openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Identity, listen, type Connection, type KeepaliveTimes } from '@stalk/core'
import { makeHave, readMessage } from '../messages.js'
import { Verifier } from '../verifier.js'
import { config, describeError, onCommand, report } from './reports.js'

export interface ReceiverConfig {
  readonly port: number
  readonly identity: string
  readonly keepalive?: KeepaliveTimes
  /** A directory where it writes down what it has taken, message by message, so that another process can go on there. */
  readonly state?: string
}

export const streamProtocol = 'faults-stream'
export const echoProtocol = 'faults-echo'

/** So often it says how far it is: to the command, and to the peer. */
const PROGRESS = 1_000
/** How long an older connection has for what it must still bring. */
const AHEAD_MS = 10_000

const { port, identity, keepalive, state } = config() as ReceiverConfig
const streams = new Map<string, Stream>()

class Stream {
  readonly verifier: Verifier
  readonly #file: number | null
  readonly #record = Buffer.alloc(8)

  constructor(name: string) {
    if (state === undefined) {
      this.verifier = new Verifier()
      this.#file = null
      return
    }
    const file = path.join(state, name.replaceAll(/\W/gu, '_'))
    this.#file = openSync(file, 'a+')
    const before = readFileSync(file)
    this.verifier = new Verifier(before.length < 8 ? 0 : before.readDoubleLE(before.length - 8))
    report('resumed', { stream: name, taken: this.verifier.taken })
  }

  remember(): void {
    if (this.#file === null) return
    this.#record.writeDoubleLE(this.verifier.taken)
    writeSync(this.#file, this.#record)
  }
}

async function takeStream(connection: Connection): Promise<void> {
  const name = connection.peerIdentity?.fingerprint ?? ''
  const stream = streams.get(name) ?? new Stream(name)
  streams.set(name, stream)
  const { verifier } = stream
  const part = verifier.connection()
  try {
    connection.send(makeHave(verifier.taken))
    for await (const message of connection) {
      const arrived = readMessage(message)
      for (let waitedMs = 0; part.isAhead(arrived) && waitedMs < AHEAD_MS; waitedMs += 10) await pause(10)
      part.take(arrived)
      stream.remember()
      if (verifier.taken % PROGRESS > 0) continue
      report('progress', { stream: name, taken: verifier.taken })
      if (state !== undefined) connection.send(makeHave(verifier.taken))
    }
    if (state !== undefined) connection.send(makeHave(verifier.taken))
  } catch (error) {
    report('lost', { stream: name, ...describeError(error) })
  }
}

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) connection.send(message)
}

const listener = await listen(
  '0.0.0.0',
  port,
  (connection) => (connection.applicationProtocol === echoProtocol ? echo(connection) : takeStream(connection)),
  {
    identity: await Identity.load(identity),
    applicationProtocols: [streamProtocol, echoProtocol],
    onError: (error) => report('failed', describeError(error)),
    ...(keepalive && { keepalive }),
  },
)
onCommand((name) => {
  const { taken, bytes, connections, repeats, problems } = streams.get(name)?.verifier ?? new Verifier()
  report('stream', { stream: name, taken, bytes, connections, repeats, problems, wallClock: Date.now() })
})
report('listening', { port: listener.port })
