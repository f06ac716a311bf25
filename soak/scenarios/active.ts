// Many connections that all talk: at a pace, for the times of round trips, and as fast as they can, for throughput. Nothing is lost.
import type { CrowdCommands, RoundTrips } from '../processes/crowd.js'
import type { ServerCommands } from '../processes/server.js'
import { leftOver } from '../harness/leftovers.js'
import { boundOfTimes } from '../harness/processor.js'
import type { Report } from '../harness/report.js'
import type { Worker } from '../harness/worker.js'
import { scenario } from './scenario.js'
import { judgeServer, PATIENCE_MS, processorSince, quiet, type Stage } from './stage.js'

export interface ActiveSizes extends Record<string, number> {
  readonly connections: number
  /** Of all connections together, where they keep a pace. */
  readonly perSecond: number
  /** On their way over each connection, where they do not. */
  readonly window: number
  /** In all: half of it at a pace, half of it flat out. */
  readonly seconds: number
  readonly mostP99Ms: number
  readonly patienceMs: number
  readonly mostResidentKb: number
  readonly mostHeapLeftKb: number
}

const full: ActiveSizes = {
  connections: 2000,
  perSecond: 2000,
  window: 8,
  seconds: 60,
  mostP99Ms: 250,
  patienceMs: PATIENCE_MS,
  mostResidentKb: 128,
  mostHeapLeftKb: 4000,
}

const short: ActiveSizes = {
  ...full,
  connections: 100,
  perSecond: 400,
  seconds: 2,
  mostP99Ms: 20_000,
  mostResidentKb: 1000,
}

export const active = scenario({
  name: 'active',
  title: 'connections that all talk',
  full,
  short,
  seconds: 'seconds',
  connections: 'connections',
  descriptors: ({ connections }) => connections,
  run: activeConnections,
})

export async function activeConnections(stage: Stage, sizes: ActiveSizes): Promise<void> {
  const { report, directory } = stage
  const { connections, perSecond, window } = sizes
  const seconds = sizes.seconds / 2
  const { server, port } = await stage.listen('stalk/2')
  const crowd = stage.start<CrowdCommands>('crowd')
  await crowd.ask('start', { directory, port, group: 10, patienceMs: sizes.patienceMs })
  await warmUp(server, crowd, sizes)
  const heldBefore = await server.ask('holdings', undefined)
  const before = await server.ask('memory', undefined)
  const verifiedBefore = (await server.ask('seen', undefined)).verified

  stage.tell(`opening ${connections} connections`)
  await crowd.ask('open', connections, 900)
  await server.ask('watchPeak', undefined)
  const { processor } = await server.ask('seen', undefined)
  stage.tell(`${perSecond} messages a second for ${seconds} s`)
  const paced = await crowd.ask('paced', { perSecond, seconds }, seconds * 2 + 60)
  report.begin('at a pace')
  judgeTrips(report, paced, boundOfTimes(sizes.mostP99Ms, await processorSince(stage, server, processor)))
  stage.tell(`as fast as they can for ${seconds} s`)
  const fast = await crowd.ask('flatOut', { window, seconds }, seconds * 2 + 60)
  report.begin('flat out')
  judgeTrips(report, fast, Infinity)

  report.begin('in all')
  const peak = await server.ask('peak', undefined)
  const each = (peak - before.resident) / connections / 1000
  report.atMost('server: resident memory of a connection at its peak', each, sizes.mostResidentKb, 'KB')
  report.exactly('connections that ended meanwhile', await crowd.ask('endedEarly', undefined), 0, 'connections')
  report.exactly(
    'clients: connections that did not end in order',
    await crowd.ask('closeAll', undefined, 300),
    0,
    'connections',
  )
  const seen = await quiet(server)
  const said = connections + paced.sent + fast.sent
  report.exactly('server: messages verified', seen.verified - verifiedBefore, said, 'messages')
  judgeServer(stage, seen)
  for (const left of leftOver(heldBefore, await server.ask('holdings', undefined), 2)) report.wrong(`server: ${left}`)
  const after = await server.ask('memory', undefined)
  report.atMost('server: heap that did not come back', (after.heap - before.heap) / 1000, sizes.mostHeapLeftKb, 'KB')
}

const WARM_UP_CONNECTIONS = 50
const WARM_UP_SECONDS = 1

/** Code is there and compiled before anything is measured. */
async function warmUp(
  server: Worker<ServerCommands>,
  crowd: Worker<CrowdCommands>,
  { window }: ActiveSizes,
): Promise<void> {
  await crowd.ask('open', WARM_UP_CONNECTIONS)
  await crowd.ask('flatOut', { window, seconds: WARM_UP_SECONDS })
  await crowd.ask('closeAll', undefined)
  await quiet(server)
}

/** Times, and that everything was answered rightly. */
export function judgeTrips(report: Report, trips: RoundTrips, mostP99Ms: number): void {
  report.figure('messages answered in a second', trips.answered / trips.seconds, 'messages')
  report.figure('round trip, median', trips.p50, 'ms')
  report.atMost('round trip, 99 of 100', trips.p99, mostP99Ms, 'ms')
  report.figure('round trip, longest', trips.longest, 'ms')
  report.atLeast('messages answered', trips.answered, 1, 'messages')
  report.exactly('messages lost', trips.lost, 0, 'messages')
  report.exactly('wrong answers', trips.wrong, 0, 'messages')
}
