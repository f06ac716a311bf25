// Faults that end connections: each side has to notice in time and say what happened, and everything comes over all the same.
import { setTimeout as pause } from 'node:timers/promises'
import type { KeepaliveTimes } from '@stalk/core'
import { now } from '../programs/reports.js'
import { amount } from '../support/amounts.js'
import type { Program, Report } from '../support/program.js'
import { Stage, type SenderOptions, type StageOptions, type Stream, type StreamResult } from '../support/stage.js'
import { MILLION, type Fault, type Notice, type Row, type Size } from './fault.js'

/** What a side has to say. */
export interface Expected {
  readonly codes: readonly string[]
  /** What the time is measured from. */
  readonly after: 'strike' | 'mend'
  readonly earliestMs: number
  readonly latestMs: number
}

type Expect = (times: KeepaliveTimes) => Expected

export interface Ending extends Pick<Fault, 'name' | 'what'> {
  readonly shortMessages?: number
  readonly stage?: StageOptions
  readonly sender?: SenderOptions
  /** How messages go over; `connect` and `reconnecting` unless told otherwise. */
  readonly modes?: readonly Stream['mode'][]
  /** Null: the side is killed, and has nothing to say. */
  readonly client: Expect | null
  readonly listener: Expect | null
  /** The listener itself is stopped or killed, and its neighbour’s connection with it. */
  readonly hitsListener?: boolean
  strike(stage: Stage, streams: readonly Stream[]): Promise<unknown> | void
  /** So long after the strike, and not before it was noticed. */
  mendAfterMs?(times: KeepaliveTimes): number
  mend?(stage: Stage, streams: readonly Stream[]): Promise<unknown> | void
}

/** What the documentation promises where nothing else is said: SPEC, stalk/2 §10. */
const documentedTimes: KeepaliveTimes = { pingAfterMs: 15_000, deadAfterMs: 45_000 }
/** For this machine to get around to it. */
const SLACK_MS = 2_000
const UNNOTICED_MS = 20_000

export function ending(fault: Ending): Fault {
  const { name, what, shortMessages = null } = fault
  return { name, what, messages: MILLION, shortMessages, run: (size) => run(fault, size) }
}

/** The line falls silent: so long after the last record, which was not older than the first PING. */
export const silence: Expect = ({ pingAfterMs, deadAfterMs }) => ({
  codes: ['PEER_DEAD'],
  after: 'strike',
  earliestMs: deadAfterMs,
  latestMs: pingAfterMs + deadAfterMs + SLACK_MS,
})

export function atOnce(after: Expected['after'], ...codes: string[]): Expect {
  return () => ({ codes, after, earliestMs: 0, latestMs: SLACK_MS })
}

async function run(fault: Ending, { messages, keepalive }: Size): Promise<readonly Row[]> {
  const times = keepalive ?? documentedTimes
  const stage = await Stage.make({ ...fault.stage, keepalive })
  try {
    const modes = fault.modes ?? ['plain', 'reconnecting']
    const streams = await Promise.all(
      modes.map((mode) => stage.begin(mode, messages, () => Promise.resolve(fault.sender ?? {}))),
    )
    await Promise.all(streams.map((stream) => stage.taken(stream, messages / 50)))
    const watches = streams.map((stream) => new Watch(stage, stream))
    const struckAt = now()
    await fault.strike(stage, streams)
    const look = (after: Expected['after'], at: number): Promise<void[]> =>
      Promise.all(
        watches.map(async (watch) => {
          await watch.look('client', fault.client?.(times), after, at)
          await watch.look('listener', fault.listener?.(times), after, at)
        }),
      )
    await look('strike', struckAt)
    await pause(Math.max(0, struckAt + (fault.mendAfterMs?.(times) ?? 0) - now()))
    const mendedAt = now()
    await fault.mend?.(stage, streams)
    await look('mend', mendedAt)
    const results = await Promise.all(streams.map((stream) => stage.finish(stream)))
    const common = await seeTheRest(stage, fault)
    return watches.map((watch, index) => watch.row(results[index], index === 0 ? common : { seen: [], problems: [] }))
  } finally {
    await stage.end()
  }
}

interface Common {
  readonly seen: readonly string[]
  readonly problems: readonly string[]
}

async function seeTheRest(stage: Stage, { hitsListener = false }: Ending): Promise<Common> {
  const afterwards = await stage.afterwards()
  if (hitsListener) return { seen: [], problems: afterwards }
  const { echoes, longestMs, problems } = await stage.neighbour()
  return {
    seen: [`neighbour: ${amount(echoes)} echoes, the slowest took ${amount(longestMs)} ms`],
    problems: [...problems, ...afterwards],
  }
}

/** One stream through a fault. */
class Watch {
  readonly #stream: Stream
  readonly #programs: Readonly<Record<'client' | 'listener', Program>>
  readonly #from: Readonly<Record<'client' | 'listener', number>>
  readonly #notice: { client?: Notice; listener?: Notice } = {}
  readonly #problems: string[] = []

  constructor(stage: Stage, stream: Stream) {
    this.#stream = stream
    this.#programs = { client: stream.sender, listener: stage.receiver }
    this.#from = { client: stream.sender.reports.length, listener: stage.receiver.reports.length }
    for (const { code, message } of stream.sender.all('lost'))
      this.#problems.push(`a connection was lost before the fault: ${code} ${message}`)
    if (stream.sender.all('done').length > 0) this.#problems.push('all was sent before the fault')
  }

  /** Waits until a side says what ended its connection, and compares. */
  async look(
    side: 'client' | 'listener',
    expected: Expected | undefined,
    after: Expected['after'],
    at: number,
  ): Promise<void> {
    if (expected?.after !== after) return
    const { codes, earliestMs, latestMs } = expected
    const ofStream = (report: Report): boolean => side === 'client' || report.stream === this.#stream.fingerprint
    const options = { from: this.#from[side], timeoutMs: latestMs + UNNOTICED_MS, matches: ofStream }
    const report = await this.#programs[side].next('lost', options).catch((error: unknown) => {
      this.#problems.push(`unnoticed: ${String(error)}`)
      return null
    })
    if (report === null) return
    const { code = '' } = report
    const ms = report.at - at
    this.#notice[side] = { code, ms: Math.round(ms) }
    if (!codes.includes(code)) this.#problems.push(`the ${side} says ${code}, not ${codes.join(' or ')}`)
    if (ms < earliestMs) this.#problems.push(`the ${side} gave up after ${amount(ms)} ms: too early`)
    if (ms > latestMs) this.#problems.push(`the ${side} noticed after ${amount(ms)} ms: too late`)
  }

  row(result: StreamResult | undefined, common: Common): Row {
    const { mode, messages } = this.#stream
    const { seconds = 0, problems = [], report } = result ?? {}
    return {
      by: names[mode],
      messages,
      seen: [...this.#seen(report?.repeats ?? 0), ...common.seen],
      notice: this.#notice,
      seconds,
      problems: [...this.#problems, ...problems, ...common.problems],
    }
  }

  #seen(repeats: number): readonly string[] {
    const { sender, mode } = this.#stream
    const connections = sender.all('connected')
    const have = connections.at(-1)?.have
    if (mode === 'plain') return [`went on at message ${amount((have ?? 0) + 1)}`]
    const told = sender.all('unconfirmed')
    const count = told.reduce((sum, report) => sum + (report.count ?? 0), 0)
    const again = told.reduce((sum, report) => sum + (report.again ?? 0), 0)
    const seen = [`${amount(count)} unconfirmed; ${amount(again)} sent again, of which ${amount(repeats)} had arrived`]
    return seen
  }
}

const names: Readonly<Record<Stream['mode'], string>> = {
  plain: 'connect',
  reconnecting: 'reconnecting',
  answered: 'reconnecting, answered',
}

const ports = (streams: readonly Stream[]): number[] =>
  streams.map(({ sender }) => sender.all('connected').at(-1)?.port ?? 0)
const aBitMoreThanDead = ({ pingAfterMs, deadAfterMs }: KeepaliveTimes): number => pingAfterMs + deadAfterMs + 8_000

export const endingFaults: readonly Fault[] = [
  ending({
    name: 'cut',
    what: 'the cable is cut: nothing passes, nobody is told; mended after both have noticed',
    shortMessages: 50_000,
    client: silence,
    listener: silence,
    strike: ({ hosts }) => hosts.setCable({ cut: true }),
    mend: ({ hosts }) => hosts.setCable({}),
  }),
  ending({
    name: 'interface-down',
    what: 'the interface of the client goes down, and up again after both have noticed',
    client: silence,
    listener: silence,
    strike: ({ hosts }) => hosts.setInterface('near', 'down'),
    mend: ({ hosts }) => hosts.setInterface('near', 'up'),
  }),
  ending({
    name: 'reset',
    what: 'somebody on the way puts a TCP reset with the right number in the place of a segment',
    shortMessages: 50_000,
    client: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    listener: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    strike: async (stage, streams) => stage.hosts.reset(ports(streams)),
  }),
  ending({
    name: 'damage',
    what: 'two words of a segment change places on the way, which no checksum of TCP finds',
    sender: { alwaysRetry: true },
    client: atOnce('strike', 'CLOSED_BY_PEER'),
    listener: atOnce('strike', 'RECORD_AUTH_FAILED', 'RECORD_LENGTH'),
    strike: async (stage, streams) => stage.hosts.damage(ports(streams)),
  }),
  ending({
    name: 'freeze-listener',
    what: 'the listener is stopped (SIGSTOP) for longer than a peer may be silent, then goes on (SIGCONT)',
    hitsListener: true,
    client: silence,
    listener: atOnce('mend', 'CLOSED_BY_PEER', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED', 'PEER_DEAD'),
    strike: ({ receiver }) => receiver.signal('SIGSTOP'),
    mendAfterMs: aBitMoreThanDead,
    mend: ({ receiver }) => receiver.signal('SIGCONT'),
  }),
  ending({
    name: 'freeze-client',
    what: 'the client is stopped for longer than a peer may be silent, then goes on',
    client: atOnce('mend', 'CLOSED_BY_PEER', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED', 'PEER_DEAD'),
    listener: silence,
    strike: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGSTOP')),
    mendAfterMs: aBitMoreThanDead,
    mend: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGCONT')),
  }),
  ending({
    name: 'kill-listener',
    what: 'the listener is killed (SIGKILL); a new process goes on where the old one had written down that it was',
    shortMessages: 50_000,
    stage: { remembers: true },
    modes: ['plain', 'answered'],
    hitsListener: true,
    client: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    listener: null,
    strike: ({ receiver }) => receiver.signal('SIGKILL'),
    mend: (stage) => stage.restartReceiver(),
  }),
  ending({
    name: 'kill-client',
    what: 'the client is killed; a new process goes on where the listener says that it is',
    client: null,
    listener: atOnce('strike', 'CONNECTION_LOST', 'CONNECTION_TRUNCATED'),
    strike: (_, streams) => streams.forEach(({ sender }) => sender.signal('SIGKILL')),
    mend: (stage, streams) => streams.forEach((stream) => stage.restartSender(stream)),
  }),
]
