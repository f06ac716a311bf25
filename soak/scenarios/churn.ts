// Connections that come and go, until a leak of a few bytes for each would show.
import type { ChurnCommands, Churned } from '../processes/churn.js'
import type { ServerCommands } from '../processes/server.js'
import type { Protocol } from '@stalk/core'
import { leftOver } from '../harness/leftovers.js'
import type { Memory } from '../harness/memory.js'
import { lastThreeQuarters, slope } from '../harness/statistics.js'
import type { Report } from '../harness/report.js'
import type { Worker } from '../harness/worker.js'
import { scenario } from './scenario.js'
import { judgeServer, quiet, total, type Stage } from './stage.js'

export interface ChurnSizes extends Record<string, number> {
  readonly connections: number
  /** Over stalk/1, which is here for what talks to the original. */
  readonly connectionsOfStalk1: number
  readonly warmUp: number
  /** How often memory is looked at. */
  readonly samples: number
  /** No longer than this, and over stalk/1 a quarter of it, also if fewer connections were made. */
  readonly seconds: number
  /** How many have to be made. */
  readonly leastConnections: number
  /** Growth for each connection, over the last three quarters of them: of heap and buffers, and of resident memory. */
  readonly mostHeapBytes: number
  readonly mostResidentBytes: number
}

const full: ChurnSizes = {
  connections: 200_000,
  connectionsOfStalk1: 20_000,
  warmUp: 2000,
  samples: 80,
  seconds: 1800,
  leastConnections: 200_000,
  mostHeapBytes: 8,
  mostResidentBytes: 64,
}

const short: ChurnSizes = {
  ...full,
  connections: 300,
  connectionsOfStalk1: 60,
  warmUp: 100,
  samples: 5,
  seconds: 30,
  leastConnections: 1,
  // so few make it grow until the memory for garbage is found, and code is compiled meanwhile
  mostHeapBytes: 7000,
  mostResidentBytes: Infinity,
}

export const churn = scenario({
  name: 'churn',
  title: 'connections that come and go',
  full,
  short,
  seconds: 'seconds',
  connections: 'connections',
  // some at a time
  descriptors: () => 100,
  run: churnBoth,
})

async function churnBoth(stage: Stage, wanted: ChurnSizes): Promise<void> {
  const { connectionsOfStalk1: connections, seconds } = wanted
  // whoever wants fewer, or gives it less time, wants no more than come of that
  const isFull = wanted.leastConnections > 1 && seconds >= full.seconds
  const sizes = { ...wanted, leastConnections: isFull ? wanted.connections : 1 }
  await comeAndGo(stage, 'stalk/2', sizes)
  await comeAndGo(stage, 'stalk/1', {
    ...sizes,
    connections,
    seconds: seconds / PART_OF_STALK1,
    leastConnections: isFull ? connections : 1,
    mostHeapBytes: sizes.mostHeapBytes * PART_OF_STALK1,
    mostResidentBytes: sizes.mostResidentBytes * PART_OF_STALK1,
  })
}

/** It has so much less time, and what does not come from connections counts so much more for each of the fewer. */
const PART_OF_STALK1 = 4

const TOLD_EVERY = 8

/** Before it is known how fast they are made. */
const FIRST = 100

/** After so many connections. */
interface Sample {
  readonly connections: number
  readonly server: Memory
  readonly clients: Memory
}

export async function comeAndGo(stage: Stage, protocol: Protocol, sizes: ChurnSizes): Promise<void> {
  const { report, directory } = stage
  // every other client has one address in common
  const options = { handshakeRate: { perSecond: 10_000, burst: 10_000 } }
  const { server, port } = await stage.listen(protocol, { options })
  const clients = stage.start<ChurnCommands>('churn', 'clients')
  await clients.ask('start', { directory, port, protocol })
  await clients.ask('churn', sizes.warmUp, 300)
  await quiet(server)
  const before = { server: await server.ask('holdings', undefined), clients: await clients.ask('holdings', undefined) }

  stage.tell(`${sizes.connections} connections over ${protocol}`)
  report.begin(protocol)
  const { churned, samples, seconds } = await sampled(stage, server, clients, sizes)
  report.figure('connections that were to be made', sizes.connections, 'connections')
  report.atLeast('connections that were made', churned.done - sizes.warmUp, sizes.leastConnections, 'connections')
  report.figure('connections in a second', (churned.done - sizes.warmUp) / seconds, 'connections')
  if (protocol === 'stalk/2') {
    report.figure('channels on them', churned.channels, 'channels')
    report.figure('calls on them', churned.calls, 'calls')
  }
  report.exactly('connections that failed', total(churned.failed), 0, 'connections')
  for (const [code, count] of Object.entries(churned.failed)) report.wrong(`clients: ${count} failed with ${code}`)
  for (const warning of churned.warnings) report.wrong(`clients: a warning of the process: ${warning}`)
  judgeGrowth(report, samples, sizes)
  judgeServer(stage, await quiet(server))
  const after = { server: await server.ask('holdings', undefined), clients: await clients.ask('holdings', undefined) }
  for (const left of leftOver(before.server, after.server, 2)) report.wrong(`server: ${left}`)
  for (const left of leftOver(before.clients, after.clients, 2)) report.wrong(`clients: ${left}`)
}

/** Has connections made in equal parts, and looks at memory between them, when all are gone. */
async function sampled(
  stage: Stage,
  server: Worker<ServerCommands>,
  clients: Worker<ChurnCommands>,
  { connections, samples: count, seconds: most }: ChurnSizes,
): Promise<{ readonly churned: Churned; readonly samples: readonly Sample[]; readonly seconds: number }> {
  const startedAt = performance.now()
  const each = Math.ceil(connections / count)
  const samples: Sample[] = []
  let churned: Churned | null = null
  for (let made = 0; made < connections && performance.now() - startedAt < most * 1000;) {
    // on a slow machine as many as it makes in the time of a sample
    const perSecond = made / Math.max(1, (performance.now() - startedAt) / 1000)
    const affordable = made === 0 ? FIRST : Math.ceil((perSecond * most) / count)
    const next = Math.min(each, affordable, connections - made)
    churned = await clients.ask('churn', next, 300)
    made += next
    await quiet(server)
    samples.push({
      connections: made,
      server: await server.ask('memory', undefined),
      clients: await clients.ask('memory', undefined),
    })
    if (samples.length % TOLD_EVERY === 0) stage.tell(told(samples))
  }
  if (churned === null) throw new Error('no connections were made')
  return { churned, samples, seconds: (performance.now() - startedAt) / 1000 }
}

function judgeGrowth(report: Report, samples: readonly Sample[], sizes: ChurnSizes): void {
  for (const side of ['server', 'clients'] as const) {
    const fitted = lastThreeQuarters(samples)
    const made = (fitted.at(-1)?.connections ?? 0) - (fitted[0]?.connections ?? 0)
    for (const [part, what, most] of [
      ['heap', 'heap and buffers', sizes.mostHeapBytes],
      ['resident', 'resident memory', sizes.mostResidentBytes],
    ] as const) {
      const growth = slope(fitted.map((sample) => ({ x: sample.connections, y: sample[side][part] })))
      report.figure(`${side}: ${what} in the end`, (samples.at(-1)?.[side][part] ?? NaN) / 1e6, 'MB')
      report.atMost(`${side}: growth of ${what}, by ${made} connections`, growth, most, 'bytes a connection')
    }
  }
}

/** How it is after the last sample. */
function told(samples: readonly Sample[]): string {
  const last = samples.at(-1)
  if (last === undefined) return ''
  const [server, clients] = [last.server, last.clients].map(
    ({ heap, resident }) => `${(heap / 1e6).toFixed(2)} MB of heap, ${(resident / 1e6).toFixed(1)} resident`,
  )
  return `${last.connections} so far; server: ${server ?? ''}; clients: ${clients ?? ''}`
}
