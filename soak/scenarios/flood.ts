// Good clients, and beside them strangers that never get through: the good ones lose nothing, newcomers come in, and of the strangers each is
// refused or given up, by a limit that says so.
import { setTimeout as pause } from 'node:timers/promises'
import type { CrowdCommands } from '../processes/crowd.js'
import type { Flood, FloodCommands } from '../processes/flood.js'
import type { Seen, ServerCommands } from '../processes/server.js'
import { boundOfTimes } from '../harness/processor.js'
import { median } from '../harness/statistics.js'
import type { Worker } from '../harness/worker.js'
import { judgeTrips } from './active.js'
import { scenario } from './scenario.js'
import { judgeServer, PATIENCE_MS, processorSince, quiet, total, type Stage } from './stage.js'

export interface FloodSizes extends Record<string, number> {
  readonly clients: number
  /** Messages of all clients together. */
  readonly perSecond: number
  /** Sockets of a flood. */
  readonly floodPerSecond: number
  /** Of each flood, and of the quiet before. */
  readonly seconds: number
  readonly handshakeTimeoutMs: number
  readonly maxHandshakes: number
  /** How long a flood waits in the end until it holds no more than it may: none, where that is longer than a handshake may take. */
  readonly patienceMs: number
  readonly mostHeld: number
  readonly mostP99Ms: number
  readonly longestNewcomerMs: number
}

const full: FloodSizes = {
  clients: 100,
  perSecond: 1000,
  floodPerSecond: 500,
  seconds: 20,
  // the defaults of a listener
  handshakeTimeoutMs: 10_000,
  maxHandshakes: 1000,
  patienceMs: 15_000,
  mostHeld: 0,
  mostP99Ms: 250,
  // the deadline that a client has by default
  longestNewcomerMs: 10_000,
}

const short: FloodSizes = {
  ...full,
  clients: 50,
  perSecond: 200,
  floodPerSecond: 200,
  seconds: 1,
  handshakeTimeoutMs: 60_000,
  maxHandshakes: 50,
  patienceMs: 30_000,
  mostHeld: 50,
  mostP99Ms: 20_000,
  longestNewcomerMs: 20_000,
}

export const flood = scenario({
  name: 'flood',
  title: 'good clients beside strangers that never get through',
  full,
  short,
  seconds: 'seconds',
  connections: 'clients',
  descriptors: ({ clients, floodPerSecond, seconds }) => clients + floodPerSecond * seconds,
  run: floods,
})

const MANY = 500
const POLL_MS = 250
const MOST_POLLS = 100

const kinds: readonly (Pick<Flood, 'kind' | 'addresses'> & { readonly what: string })[] = [
  { kind: 'half-open', addresses: MANY, what: 'half-open sockets' },
  { kind: 'garbage', addresses: MANY, what: 'garbage' },
  { kind: 'half-finished', addresses: MANY, what: 'half-finished handshakes' },
  { kind: 'half-finished', addresses: 1, what: 'the same from one address' },
]

interface Parties {
  readonly server: Worker<ServerCommands>
  readonly crowd: Worker<CrowdCommands>
  readonly strangers: Worker<FloodCommands>
}

export async function floods(stage: Stage, sizes: FloodSizes): Promise<void> {
  const { report, directory } = stage
  const options = { handshakeTimeoutMs: sizes.handshakeTimeoutMs, maxHandshakes: sizes.maxHandshakes }
  const { server, port } = await stage.listen('stalk/2', { options })
  const parties: Parties = {
    server,
    crowd: stage.start<CrowdCommands>('crowd'),
    strangers: stage.start<FloodCommands>('flood', 'strangers'),
  }
  const { crowd, strangers } = parties
  await crowd.ask('start', { directory, port, group: 10, patienceMs: PATIENCE_MS })
  await strangers.ask('start', { directory, port })
  await crowd.ask('open', sizes.clients)
  await crowd.ask('paced', { perSecond: sizes.perSecond, seconds: 1 })

  stage.tell(`${sizes.seconds} s without a flood`)
  report.begin('without a flood')
  const { ran } = await talk(stage, parties, sizes)
  for (const { what, ...flood } of kinds) {
    stage.tell(`${what}, ${sizes.floodPerSecond} a second for ${sizes.seconds} s`)
    report.begin(what)
    await withstand(stage, parties, flood, sizes, ran)
  }
  report.begin('in the end')
  report.exactly('good clients that ended meanwhile', await crowd.ask('endedEarly', undefined), 0, 'connections')
  await crowd.ask('closeAll', undefined)
  judgeServer(stage, await quiet(server))
}

/** The good clients talk beside a flood, of which all is refused. */
async function withstand(
  stage: Stage,
  parties: Parties,
  flood: Pick<Flood, 'kind' | 'addresses'>,
  sizes: FloodSizes,
  quietRan: number,
): Promise<void> {
  const { report } = stage
  const { server, strangers } = parties
  const { floodPerSecond: perSecond, seconds, clients } = sizes
  const before = await settled(server, clients)
  const flooding = strangers.ask('flood', { ...flood, perSecond, seconds }, seconds * 3 + 120)
  const talked = await talk(stage, parties, sizes)
  await flooding
  const held = await unfinishedInTheEnd(server, sizes)
  const { connected, notConnected } = await strangers.ask('letGo', undefined)
  const after = await settled(server, clients)
  const refused = refusals(before, after)
  report.figure('strangers that the system connected', connected, 'sockets')
  if (notConnected > 0) report.figure('strangers that the system did not connect', notConnected, 'sockets')
  for (const [code, count] of Object.entries(refused)) report.figure(`strangers that met ${code}`, count, 'sockets')
  // a listener that gets no CPU does not empty its backlog, and the system turns away whom it has connected
  const most = boundOfTimes(0, talked.percent)
  report.atMost('strangers that the listener never saw', connected - total(refused), most, 'sockets')
  report.figure('server: CPU for each of them', (talked.ran - quietRan) / 1e6 / total(refused), 'ms')
  report.atMost('unfinished handshakes at once', talked.unfinished, sizes.maxHandshakes, 'handshakes')
  const mostHeld = Math.min(sizes.maxHandshakes, boundOfTimes(sizes.mostHeld, talked.percent))
  report.atMost('strangers that were held until they went', held, mostHeld, 'sockets')
  const established = after.metrics.established - before.metrics.established
  report.exactly('strangers that got in', established - talked.newcomers, 0, 'connections')
}

/** Once no more are held than may be, or it took too long. */
async function unfinishedInTheEnd(server: Worker<ServerCommands>, sizes: FloodSizes): Promise<number> {
  const until = performance.now() + sizes.patienceMs
  for (;;) {
    const { handshakes } = (await server.ask('seen', undefined)).metrics
    if (handshakes <= sizes.mostHeld || performance.now() > until) return handshakes
    await pause(POLL_MS)
  }
}

/** Once nothing happens any more: what waits in the listener's backlog is not seen at once. */
async function settled(server: Worker<ServerCommands>, clients: number): Promise<Seen> {
  for (let last = await quiet(server, clients), times = 0; ; times += 1) {
    await pause(POLL_MS)
    const seen = await quiet(server, clients)
    if (total(refusals(last, seen)) === 0 || times === MOST_POLLS) return seen
    last = seen
  }
}

interface Talked {
  /** The server had a CPU when it wanted one; how long it had one, in nanoseconds. */
  readonly percent: number
  readonly ran: number
  /** How many came in. */
  readonly newcomers: number
  /** Handshakes at most. */
  readonly unfinished: number
}

/** The good clients talk, and others come. */
async function talk(stage: Stage, { server, crowd }: Parties, sizes: FloodSizes): Promise<Talked> {
  const { report } = stage
  const { perSecond, seconds } = sizes
  const { processor } = await server.ask('seen', undefined)
  const state = { isTalking: true }
  const newcomers: (number | null)[] = []
  let unfinished = 0
  const coming = (async () => {
    while (state.isTalking) {
      newcomers.push(await crowd.ask('newcomer', undefined, 180))
      unfinished = Math.max(unfinished, (await server.ask('seen', undefined)).metrics.handshakes)
      await pause(200)
    }
  })()
  const trips = await crowd.ask('paced', { perSecond, seconds }, seconds * 3 + 60)
  state.isTalking = false
  await coming
  const percent = await processorSince(stage, server, processor)
  const ran = (await server.ask('seen', undefined)).processor.ran - processor.ran
  judgeTrips(report, trips, boundOfTimes(sizes.mostP99Ms, percent))
  const served = newcomers.filter((milliseconds) => milliseconds !== null)
  report.figure('newcomers served', served.length, 'clients')
  // a handshake has a deadline
  report.atMost('newcomers not served', newcomers.length - served.length, boundOfTimes(0, percent), 'clients')
  report.figure('newcomers: until the first answer, median', median(served), 'ms')
  const longestMs = boundOfTimes(sizes.longestNewcomerMs, percent)
  report.atMost('newcomers: until the first answer, longest', Math.max(...served), longestMs, 'ms')
  return { percent, ran, newcomers: served.length, unfinished }
}

/** Handshakes that failed meanwhile, and peers that were turned away, by code. */
function refusals({ metrics: before }: Seen, { metrics: after }: Seen): Record<string, number> {
  const earlier: Readonly<Record<string, number>> = { ...before.failedHandshakes, LISTENER_BUSY: before.turnedAway }
  const all = { ...after.failedHandshakes, LISTENER_BUSY: after.turnedAway }
  return Object.fromEntries(
    Object.entries(all)
      .map(([code, count]) => [code, count - (earlier[code] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  )
}
