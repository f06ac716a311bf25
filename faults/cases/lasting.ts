// Faults that a connection has to outlast: everything comes over, and nobody is told of an error.
import { amount } from '../support/amounts.js'
import type { CableFaults } from '../support/hosts.js'
import { Stage, type SenderOptions, type StageOptions, type Stream } from '../support/stage.js'
import { MILLION, type Fault, type Row, type Size } from './fault.js'

interface Lasting extends Pick<Fault, 'name' | 'what'> {
  readonly messages?: number
  readonly shortMessages?: number
  readonly stage?: StageOptions
  readonly cable?: CableFaults
  /** The listener itself is stopped, for so long that its neighbour gives it up. */
  readonly hitsListener?: boolean
  /** Before the stream begins; may say where the sender is to connect. */
  readonly prepare?: (stage: Stage) => Promise<SenderOptions>
  /** While the stream is on its way. */
  readonly during?: (stage: Stage, stream: Stream) => Promise<Pick<Row, 'seen' | 'problems'>>
}

export function lasting(fault: Lasting): Fault {
  const { name, what, messages = MILLION, shortMessages = null } = fault
  return { name, what, messages, shortMessages, run: (size) => run(fault, size) }
}

async function run(fault: Lasting, size: Size): Promise<readonly Row[]> {
  const { stage: options, cable = {}, hitsListener, prepare, during } = fault
  const stage = await Stage.make({ ...options, keepalive: size.short?.keepalive })
  try {
    await stage.hosts.setCable(cable)
    const stream = await stage.begin('plain', size.messages, () => prepare?.(stage) ?? Promise.resolve({}))
    const done = await during?.(stage, stream)
    const { seconds, problems, report } = await stage.finish(stream)
    const seenOnTheWay = await seenOfCable(stage)
    await stage.hosts.setCable({})
    const others = await stage.seeOthers(hitsListener)
    const lost = stream.sender.all('lost').map(({ code }) => `the connection was lost: ${code}`)
    return [
      {
        by: 'connect',
        messages: size.messages,
        seen: [
          ...(done?.seen ?? []),
          ...seenOnTheWay,
          `${amount((report.bytes ?? 0) / 1e6 / seconds, 1)} MB/s of contents`,
          ...others.seen,
        ],
        seconds,
        problems: [...problems, ...(done?.problems ?? []), ...lost, ...others.problems],
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
