// Faults that a connection has to outlast: everything comes over, and nobody is told of an error.
import { setTimeout as pause } from 'node:timers/promises'
import { amount } from '../support/amounts.js'
import type { CableFaults } from '../support/hosts.js'
import { Stage, type SenderOptions, type StageOptions, type Stream } from '../support/stage.js'
import { MILLION, type Fault, type Row, type Size } from './fault.js'

export interface Lasting extends Pick<Fault, 'name' | 'what'> {
  readonly messages?: number
  readonly shortMessages?: number
  readonly stage?: StageOptions
  readonly cable?: CableFaults
  /** Before the stream begins; may say where the sender is to connect. */
  prepare?(stage: Stage): Promise<SenderOptions>
  /** While the stream is on its way. */
  during?(stage: Stage, stream: Stream): Promise<Pick<Row, 'seen' | 'problems'>>
}

export function lasting(fault: Lasting): Fault {
  const { name, what, messages = MILLION, shortMessages = null } = fault
  return { name, what, messages, shortMessages, run: (size) => run(fault, size) }
}

async function run({ stage: options, cable = {}, prepare, during }: Lasting, size: Size): Promise<readonly Row[]> {
  const stage = await Stage.make({ ...options, keepalive: size.keepalive })
  try {
    await stage.hosts.setCable(cable)
    const stream = await stage.begin('plain', size.messages, () => prepare?.(stage) ?? Promise.resolve({}))
    const done = await during?.(stage, stream)
    const { seconds, problems, report } = await stage.finish(stream)
    const seenOnTheWay = await seenOfCable(stage)
    await stage.hosts.setCable({})
    const neighbour = await stage.neighbour()
    const lost = stream.sender.all('lost').map(({ code }) => `the connection was lost: ${code}`)
    return [
      {
        by: 'connect',
        messages: size.messages,
        seen: [
          ...(done?.seen ?? []),
          ...seenOnTheWay,
          `${amount((report.bytes ?? 0) / 1e6 / seconds, 1)} MB/s of contents`,
          `neighbour: ${amount(neighbour.echoes)} echoes, the slowest took ${amount(neighbour.longestMs)} ms`,
        ],
        seconds,
        problems: [
          ...problems,
          ...(done?.problems ?? []),
          ...lost,
          ...neighbour.problems,
          ...(await stage.afterwards()),
        ],
      },
    ]
  } finally {
    await stage.end()
  }
}

async function seenOfCable({ hosts }: Stage): Promise<readonly string[]> {
  const counts = await hosts.counts()
  const { packets, bytes } = counts
  const seen = [`${amount(packets)} packets of ${amount(bytes / packets)} bytes on average`]
  for (const name of ['lost', 'duplicated', 'reordered', 'corrupted'] as const) {
    if (counts[name] > 0) seen.push(`${amount(counts[name])} ${name}`)
  }
  const again = hosts.tcpCounter('near', 'RetransSegs')
  if (again > 0) seen.push(`TCP sent ${amount(again)} again`)
  const refused = hosts.tcpCounter('far', 'InCsumErrors')
  if (refused > 0) seen.push(`TCP refused ${amount(refused)} by their checksum`)
  return seen
}

const DRIBBLE_MESSAGES = 20_000

export const lastingFaults: readonly Fault[] = [
  lasting({ name: 'none', what: 'nothing, for comparison' }),
  lasting({ name: 'loss-1', what: '1 % of the packets are lost, each way', cable: { loss: 0.01 } }),
  lasting({ name: 'loss-5', what: '5 % are lost', cable: { loss: 0.05 } }),
  lasting({ name: 'loss-20', what: '20 % are lost', cable: { loss: 0.2 } }),
  lasting({
    name: 'reorder',
    what: '5 % are held back for 5 ms, so that others overtake them',
    cable: { reorder: 0.05 },
  }),
  lasting({ name: 'duplicate', what: '10 % arrive twice', cable: { duplicate: 0.1 } }),
  lasting({
    name: 'corrupt',
    what: 'in 1 % a bit is flipped; checksums of IP and TCP find it',
    cable: { corrupt: 0.01 },
  }),
  lasting({ name: 'delay', what: 'everything takes 200 ms, each way', cable: { delayMs: 200 } }),
  lasting({
    name: 'everything',
    what: '50 ms each way, and 2 % each are lost, held back, duplicated and corrupted',
    shortMessages: 20_000,
    cable: { delayMs: 50, loss: 0.02, reorder: 0.02, duplicate: 0.02, corrupt: 0.02 },
  }),
  lasting({
    name: 'tiny-packets',
    what: 'an MTU of 68 bytes, the least of IPv4',
    stage: { mtu: 68 },
    messages: 200_000,
  }),
  lasting({
    name: 'dribble',
    what: 'a relay writes every byte by itself, in both directions',
    messages: DRIBBLE_MESSAGES,
    prepare: async (stage) => {
      const relay = stage.hosts.start('near', 'dribble', stage.addressOfReceiver)
      return { host: '127.0.0.1', port: (await relay.next('listening')).port ?? 0 }
    },
  }),
  lasting({
    name: 'short-cut',
    what: 'the cable is cut for 20 s',
    during: async (stage, stream) => {
      await stage.taken(stream, stream.messages / 10)
      await stage.hosts.setCable({ cut: true })
      await pause(20_000)
      await stage.hosts.setCable({})
      return { seen: [], problems: [] }
    },
  }),
  ...(['receiver', 'sender'] as const).map((side) =>
    lasting({
      name: `pause-${side === 'receiver' ? 'listener' : 'client'}`,
      what: `the ${side === 'receiver' ? 'listener' : 'client'} is stopped (SIGSTOP) and goes on (SIGCONT) after 30 s`,
      during: async (stage, stream) => {
        await stage.taken(stream, stream.messages / 10)
        const program = side === 'receiver' ? stage.receiver : stream.sender
        program.signal('SIGSTOP')
        await pause(30_000)
        program.signal('SIGCONT')
        return { seen: [], problems: [] }
      },
    }),
  ),
]
