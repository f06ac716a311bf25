// Good clients, and beside them strangers that never get through: the good ones lose nothing, newcomers come in, and of the strangers each is
// refused or given up, by a limit that says so.
import { setTimeout as pause } from 'node:timers/promises'
import type { CrowdCommands, RoundTrips } from '../processes/crowd.js'
import type { Flood, FloodCommands } from '../processes/flood.js'
import type { Seen, ServerCommands } from '../processes/server.js'
import { median } from '../harness/statistics.js'
import type { Worker } from '../harness/worker.js'
import { judgeTrips } from './active.js'
import { scenario } from './scenario.js'
import { judgeServer, quiet, total, type Stage } from './stage.js'

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
  mostP99Ms: 250,
  longestNewcomerMs: 2000,
}

const short: FloodSizes = {
  ...full,
  clients: 50,
  perSecond: 200,
  floodPerSecond: 200,
  seconds: 1,
  maxHandshakes: 100,
  mostP99Ms: 5000,
  longestNewcomerMs: 8000,
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
  await crowd.ask('start', { directory, port, group: 10 })
  await strangers.ask('start', { directory, port })
  await crowd.ask('open', sizes.clients)
  await crowd.ask('paced', { perSecond: sizes.perSecond, seconds: 1 })

  stage.tell(`${sizes.seconds} s without a flood`)
  await talk(stage, parties, 'quiet', sizes)
  for (const { what, kind, addresses } of kinds) {
    stage.tell(`${what}, ${sizes.floodPerSecond} a second for ${sizes.seconds} s`)
    const before = await quiet(server, sizes.clients)
    const flooding = strangers.ask(
      'flood',
      { kind, addresses, perSecond: sizes.floodPerSecond, seconds: sizes.seconds },
      sizes.seconds * 3 + 60,
    )
    const came = await talk(stage, parties, what, sizes)
    const { connected, notConnected } = await flooding
    report.figure(`${what}: came`, connected, 'sockets')
    if (notConnected > 0) report.figure(`${what}: not connected by the system`, notConnected, 'sockets')
    judgeRefusals(stage, what, { before, after: await quiet(server, sizes.clients), connected, came })
  }
  report.exactly('good clients that ended meanwhile', await crowd.ask('endedEarly', undefined), 0, 'connections')
  await crowd.ask('closeAll', undefined)
  judgeServer(stage, await quiet(server))
}

/** The good clients talk, and others come; gives how many of these there were. */
async function talk(stage: Stage, { crowd }: Parties, when: string, sizes: FloodSizes): Promise<number> {
  const { report } = stage
  const { perSecond, seconds } = sizes
  const state = { isTalking: true }
  const talking = crowd.ask('paced', { perSecond, seconds }, seconds * 3 + 60)
  const newcomers: (number | null)[] = []
  const coming = (async () => {
    while (state.isTalking) {
      newcomers.push(await crowd.ask('newcomer', undefined))
      await pause(200)
    }
  })()
  const trips: RoundTrips = await talking
  state.isTalking = false
  await coming
  judgeTrips(stage, when, trips, sizes.mostP99Ms)
  const served = newcomers.filter((milliseconds) => milliseconds !== null)
  report.exactly(`${when}: newcomers served`, served.length, newcomers.length, 'clients')
  report.figure(`${when}: newcomers, until the first answer, median`, median(served), 'ms')
  const longest = Math.max(...served)
  report.atMost(`${when}: newcomers, until the first answer, longest`, longest, sizes.longestNewcomerMs, 'ms')
  return served.length
}

interface Refusals {
  readonly before: Seen
  readonly after: Seen
  /** Strangers, and newcomers. */
  readonly connected: number
  readonly came: number
}

function judgeRefusals({ report }: Stage, what: string, { before, after, connected, came }: Refusals): void {
  const codes: Record<string, number> = {}
  for (const [code, count] of Object.entries(after.metrics.failedHandshakes)) {
    const more = count - (before.metrics.failedHandshakes[code as keyof typeof before.metrics.failedHandshakes] ?? 0)
    if (more > 0) codes[code] = more
  }
  const turnedAway = after.metrics.turnedAway - before.metrics.turnedAway
  if (turnedAway > 0) codes['LISTENER_BUSY'] = turnedAway
  for (const [code, count] of Object.entries(codes)) report.figure(`${what}: ${code}`, count, 'sockets')
  report.exactly(`${what}: refused or given up`, total(codes), connected, 'sockets')
  const established = after.metrics.established - before.metrics.established
  report.exactly(`${what}: established that are no newcomers`, established - came, 0, 'connections')
}
