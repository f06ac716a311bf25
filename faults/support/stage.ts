// What every fault is tried on: two hosts, a receiver on one and senders on the other, and a neighbour of the receiver.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { Identity, type KeepaliveTimes } from '@stalk/core'
import type { NeighbourConfig } from '../programs/neighbour.js'
import type { ReceiverConfig } from '../programs/receiver.js'
import type { SenderConfig } from '../programs/sender.js'
import type { Row } from '../cases/fault.js'
import { amount } from './amounts.js'
import { addresses, Hosts } from './hosts.js'
import type { Program, Report } from './program.js'

/** Of the receiver. */
const PORT = 4_000
/** A million messages over a bad line take their time. */
const DONE_MS = 900_000
/** What is sent after a fault to see whether the receiver still serves. */
const AFTERWARDS = 1_000

export interface StageOptions {
  readonly mtu?: number
  /** Other times than the documented ones, to be done sooner. */
  readonly keepalive?: KeepaliveTimes | undefined
  /** The receiver writes down what it has taken, and may crash. */
  readonly remembers?: boolean
  /** The environment of receivers and senders. */
  readonly env?: (hosts: Hosts) => NodeJS.ProcessEnv
}

export type SenderOptions = Partial<Pick<SenderConfig, 'alwaysRetry' | 'host' | 'keepalive' | 'port'>>

/** Messages from one sender to the receiver, however many connections and processes that takes. */
export interface Stream {
  readonly mode: SenderConfig['mode']
  readonly messages: number
  readonly options: SenderOptions
  /** Where its identity is, and what the receiver calls it. */
  readonly identity: string
  readonly fingerprint: string
  /** The process of this moment. */
  sender: Program
}

export class Stage {
  readonly hosts: Hosts
  readonly options: StageOptions
  /** The fingerprint of the receiver. */
  readonly server: string
  receiver: Program
  readonly #neighbour: Program
  #count = 0

  private constructor(
    hosts: Hosts,
    server: string,
    parts: { receiver: Program; neighbour: Program },
    options: StageOptions,
  ) {
    this.hosts = hosts
    this.server = server
    this.receiver = parts.receiver
    this.#neighbour = parts.neighbour
    this.options = options
  }

  static async make(options: StageOptions = {}): Promise<Stage> {
    const hosts = await Hosts.make(options.mtu)
    const server = await makeIdentity(hosts, 'server')
    await makeIdentity(hosts, 'neighbour')
    mkdirSync(path.join(hosts.directory, 'state'))
    const receiver = startReceiver(hosts, options)
    await receiver.next('listening')
    const config: NeighbourConfig = { port: PORT, identity: path.join(hosts.directory, 'neighbour'), server }
    const neighbour = hosts.start('far', 'neighbour', config)
    await neighbour.next('connected')
    return new Stage(hosts, server, { receiver, neighbour }, options)
  }

  /** Starts a stream. @param optionsFor the directory of its identity: whatever there is between it and the receiver starts there */
  async begin(
    mode: Stream['mode'],
    messages: number,
    optionsFor: (identity: string) => Promise<SenderOptions> = () => Promise.resolve({}),
  ): Promise<Stream> {
    this.#count += 1
    const name = `client-${this.#count}`
    const fingerprint = await makeIdentity(this.hosts, name)
    const identity = path.join(this.hosts.directory, name)
    const stream = { mode, messages, identity, fingerprint, options: await optionsFor(identity) }
    return { ...stream, sender: this.#startSender(stream) }
  }

  get addressOfReceiver(): { readonly host: string; readonly port: number } {
    return { host: addresses.far, port: PORT }
  }

  /** Another process goes on with a stream. */
  restartSender(stream: Stream): void {
    stream.sender = this.#startSender(stream)
  }

  /** Another process listens where the last one did. */
  async restartReceiver(): Promise<void> {
    this.receiver = startReceiver(this.hosts, this.options)
    await this.receiver.next('listening')
  }

  /** Resolves once the receiver has taken so many messages of a stream. */
  async taken(stream: Stream, messages: number): Promise<void> {
    const taken = this.receiver.next('progress', {
      timeoutMs: DONE_MS,
      matches: (report) => report.stream === stream.fingerprint && (report.taken ?? 0) >= messages,
    })
    await Promise.race([taken, stream.sender.failure()])
  }

  /** Waits until a stream is over, and gives what the receiver says of it. */
  async finish(stream: Stream): Promise<StreamResult> {
    const done = await stream.sender.next('done', { timeoutMs: DONE_MS })
    const first = await stream.sender.next('connected')
    let report = await this.receiver.ask(stream.fingerprint, 'stream')
    // what has left is with the receiver’s kernel or in its hands by now
    for (let tries = 0; tries < 100 && (report.taken ?? 0) < stream.messages; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      report = await this.receiver.ask(stream.fingerprint, 'stream')
    }
    return { report, seconds: (done.at - first.at) / 1000, problems: problemsOf(stream, report) }
  }

  /**
   * Whether a new sender reaches the same receiver, and a neighbour was left in peace.
   *
   * @param hitsListener the receiver was stopped or killed, and the neighbour’s connection with it
   */
  async seeOthers(hitsListener = false): Promise<Others> {
    const { problems } = await this.finish(await this.begin('plain', AFTERWARDS))
    const afterwards = problems.map((problem) => `afterwards: ${problem}`)
    if (hitsListener) return { seen: [], problems: afterwards }
    const { echoes = 0, longestMs = 0 } = await this.#neighbour.ask('', 'neighbour')
    const disturbed = this.#neighbour.all('disturbed').map(({ code }) => `a neighbour was disturbed: ${code}`)
    if (echoes === 0) disturbed.push('a neighbour got no echo')
    return {
      seen: [`neighbour: ${amount(echoes)} echoes, the slowest took ${amount(longestMs)} ms`],
      problems: [...afterwards, ...disturbed],
    }
  }

  end(): Promise<void> {
    return this.hosts.end()
  }

  #startSender({ mode, messages, options, identity }: Omit<Stream, 'sender'>): Program {
    const { keepalive, env } = this.options
    const config: SenderConfig = {
      mode,
      messages,
      identity,
      host: addresses.far,
      port: PORT,
      server: this.server,
      ...(keepalive && { keepalive }),
      ...options,
    }
    return this.hosts.start('near', 'sender', config, { env: env?.(this.hosts) })
  }
}

export interface StreamResult {
  readonly report: Report
  /** From the first connection to the end. */
  readonly seconds: number
  readonly problems: readonly string[]
}

/** What others than the streams of a fault saw of it. */
export type Others = Pick<Row, 'seen' | 'problems'>

async function makeIdentity(hosts: Hosts, name: string): Promise<string> {
  const identity = await Identity.generate({ type: 'ed25519' })
  await identity.save(path.join(hosts.directory, name))
  return identity.fingerprint
}

function startReceiver(hosts: Hosts, { keepalive, remembers, env }: StageOptions): Program {
  const config: ReceiverConfig = {
    port: PORT,
    identity: path.join(hosts.directory, 'server'),
    ...(keepalive && { keepalive }),
    ...(remembers && { state: path.join(hosts.directory, 'state') }),
  }
  return hosts.start('far', 'receiver', config, { env: env?.(hosts) })
}

/** Nothing lost, nothing twice, nothing altered. */
function problemsOf({ messages }: Stream, { taken = 0, problems = [] }: Report): readonly string[] {
  const found = problems.map(({ kind, number }) => `message ${number} ${kind}`)
  if (taken !== messages) found.push(`${taken} of ${messages} messages came over`)
  return found
}
