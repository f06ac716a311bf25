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
  await talk(stage, parties, sizes)
  for (const { what, ...flood } of kinds) {
    stage.tell(`${what}, ${sizes.floodPerSecond} a second for ${sizes.seconds} s`)
    report.begin(what)
    await withstand(stage, parties, flood, sizes)
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
): Promise<void> {
  const { report } = stage
  const { server, strangers } = parties
  const { floodPerSecond: perSecond, seconds, mostHeld, patienceMs, clients } = sizes
  const before = await quiet(server, clients)
  const flooding = strangers.ask('flood', { ...flood, perSecond, seconds, mostHeld, patienceMs }, seconds * 3 + 120)
  const { newcomers, unfinished } = await talk(stage, parties, sizes)
  const { connected, notConnected, held } = await flooding
  const after = await quiet(server, clients)
  report.figure('strangers that came', connected, 'sockets')
  if (notConnected > 0) report.figure('strangers that the system did not connect', notConnected, 'sockets')
  const refused = refusals(before, after)
  for (const [code, count] of Object.entries(refused)) report.figure(`strangers that met ${code}`, count, 'sockets')
  report.exactly('strangers refused or given up', total(refused), connected, 'sockets')
  report.atMost('strangers that were held until they went', held, sizes.mostHeld, 'sockets')
  report.atMost('unfinished handshakes at once', unfinished, sizes.maxHandshakes, 'handshakes')
  const established = after.metrics.established - before.metrics.established
  report.exactly('strangers that got in', established - newcomers, 0, 'connections')
}

/** The good clients talk, and others come: how many came in, and how many handshakes were unfinished at most. */
async function talk(
  stage: Stage,
  { server, crowd }: Parties,
  sizes: FloodSizes,
): Promise<{ readonly newcomers: number; readonly unfinished: number }> {
  const { report } = stage
  const { perSecond, seconds } = sizes
  const { processor } = await server.ask('seen', undefined)
  const state = { isTalking: true }
  const newcomers: (number | null)[] = []
  let unfinished = 0
  const coming = (async () => {
    while (state.isTalking) {
      newcomers.push(await crowd.ask('newcomer', undefined))
      unfinished = Math.max(unfinished, (await server.ask('seen', undefined)).metrics.handshakes)
      await pause(200)
    }
  })()
  const trips = await crowd.ask('paced', { perSecond, seconds }, seconds * 3 + 60)
  state.isTalking = false
  await coming
  const percent = await processorSince(stage, server, processor)
  judgeTrips(report, trips, boundOfTimes(sizes.mostP99Ms, percent))
  const served = newcomers.filter((milliseconds) => milliseconds !== null)
  report.exactly('newcomers served', served.length, newcomers.length, 'clients')
  report.figure('newcomers: until the first answer, median', median(served), 'ms')
  const longestMs = boundOfTimes(sizes.longestNewcomerMs, percent)
  report.atMost('newcomers: until the first answer, longest', Math.max(...served), longestMs, 'ms')
  return { newcomers: served.length, unfinished }
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
