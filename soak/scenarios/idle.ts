// Many connections that say nothing: what they cost, whether they are watched, whether somebody else still gets in, and what is left of them.
import { setTimeout as pause } from 'node:timers/promises'
import type { CrowdCommands } from '../processes/crowd.js'
import type { ServerCommands } from '../processes/server.js'
import { leftOver } from '../harness/leftovers.js'
import type { Memory } from '../harness/memory.js'
import { boundOfTimes } from '../harness/processor.js'
import { median, sum } from '../harness/statistics.js'
import type { Worker } from '../harness/worker.js'
import { scenario } from './scenario.js'
import { judgeServer, PATIENCE_MS, processorSince, quiet, type Stage } from './stage.js'

const CROWDS = 2

export interface IdleSizes extends Record<string, number> {
  readonly connections: number
  /** Opened and closed before anything is measured, so that code is there and compiled. */
  readonly warmUp: number
  readonly seconds: number
  readonly pingAfterMs: number
  readonly deadAfterMs: number
  readonly mostResidentKb: number
  readonly mostHeapLeftPercent: number
  readonly mostResidentLeftPercent: number
  readonly medianNewcomerMs: number
  readonly longestNewcomerMs: number
}

const full: IdleSizes = {
  connections: 10_000,
  warmUp: 500,
  // the defaults: whoever is not heard for 60 s is taken for dead
  seconds: 75,
  pingAfterMs: 15_000,
  deadAfterMs: 45_000,
  mostResidentKb: 64,
  mostHeapLeftPercent: 5,
  mostResidentLeftPercent: 50,
  medianNewcomerMs: 250,
  // the deadline that a client has by default
  longestNewcomerMs: 10_000,
}

const short: IdleSizes = {
  ...full,
  connections: 150,
  warmUp: 50,
  seconds: 2,
  pingAfterMs: 500,
  deadAfterMs: 60_000,
  mostResidentKb: 300,
  mostHeapLeftPercent: 25,
  mostResidentLeftPercent: 100,
  medianNewcomerMs: 10_000,
  longestNewcomerMs: 20_000,
}

export const idle = scenario({
  name: 'idle',
  title: 'connections that say nothing',
  full,
  short,
  seconds: 'seconds',
  connections: 'connections',
  descriptors: ({ connections }) => connections,
  run: idleConnections,
})

export async function idleConnections(stage: Stage, sizes: IdleSizes): Promise<void> {
  const { report } = stage
  const { server, crowds } = await begin(stage, sizes)
  await openAll(crowds, sizes.warmUp)
  await closeAll(crowds)
  await quiet(server)
  const heldBefore = await server.ask('holdings', undefined)
  const before = await memories(server, crowds)

  const { connections } = sizes
  stage.tell(`opening ${connections} connections`)
  report.begin('established')
  const seconds = Math.max(...(await openAll(crowds, connections)))
  const opened = await quiet(server, connections)
  report.exactly('connections established', opened.metrics.connections, connections, 'connections')
  report.figure('connections established in a second', connections / seconds, 'connections')
  const during = await memories(server, crowds)
  const each = (part: 'resident' | 'heap', of: 'server' | 'clients'): number =>
    (during[of][part] - before[of][part]) / connections / 1000
  report.atMost('server: resident memory of a connection', each('resident', 'server'), sizes.mostResidentKb, 'KB')
  report.figure('server: heap and buffers of a connection', each('heap', 'server'), 'KB')
  report.figure('clients: resident memory of a connection', each('resident', 'clients'), 'KB')

  await hold(stage, server, crowds, sizes)

  stage.tell('closing all of them')
  report.begin('closed')
  report.exactly('clients: connections that did not end in order', sum(await closeAll(crowds)), 0, 'connections')
  judgeServer(stage, await quiet(server))
  for (const left of leftOver(heldBefore, await server.ask('holdings', undefined), 2)) report.wrong(`server: ${left}`)
  const after = await memories(server, crowds)
  const left = (part: 'resident' | 'heap'): number =>
    (100 * (after.server[part] - before.server[part])) / (during.server[part] - before.server[part])
  report.atMost('server: heap that did not come back', left('heap'), sizes.mostHeapLeftPercent, '%')
  report.atMost('server: resident memory that did not come back', left('resident'), sizes.mostResidentLeftPercent, '%')
}

type Server = Worker<ServerCommands>
type Crowds = readonly Worker<CrowdCommands>[]

async function begin(stage: Stage, sizes: IdleSizes): Promise<{ readonly server: Server; readonly crowds: Crowds }> {
  const { directory, fault } = stage
  const { connections, pingAfterMs, deadAfterMs } = sizes
  const keepalive = { pingAfterMs, deadAfterMs }
  const options = { maxConnections: connections + 100 }
  const { server, port } = await stage.listen('stalk/2', { options, keepalive })
  const crowds = Array.from({ length: CROWDS }, (_, index) => stage.start<CrowdCommands>('crowd', `crowd ${index + 1}`))
  const theirs = fault === 'mute' ? false : keepalive
  await Promise.all(
    crowds.map((crowd, index) =>
      crowd.ask('start', { directory, port, group: 10 + index, keepalive: theirs, patienceMs: PATIENCE_MS }),
    ),
  )
  return { server, crowds }
}

/** While nobody says anything, newcomers come and go. */
async function hold(stage: Stage, server: Server, crowds: Crowds, sizes: IdleSizes): Promise<void> {
  const { report } = stage
  report.begin('while nobody says anything')
  stage.tell(`holding them for ${sizes.seconds} s`)
  await server.ask('markTraffic', undefined)
  const { processor } = await server.ask('seen', undefined)
  const startedAt = performance.now()
  const newcomers: (number | null)[] = []
  for (let second = 0; second < sizes.seconds; second += 1) {
    newcomers.push((await crowds[0]?.ask('newcomer', undefined, 180)) ?? null)
    await pause(Math.max(0, startedAt + (second + 1) * 1000 - performance.now()))
  }
  const ran = (await server.ask('seen', undefined)).processor.ran - processor.ran
  report.figure('server: CPU', (100 * ran) / 1e9 / sizes.seconds, '% of a core')
  const percent = await processorSince(stage, server, processor)
  report.exactly('connections that heard no keepalive', await server.ask('untouched', undefined), 0, 'connections')
  const ended = await Promise.all(crowds.map((crowd) => crowd.ask('endedEarly', undefined)))
  report.exactly('connections that ended', sum(ended), 0, 'connections')
  const served = newcomers.filter((milliseconds) => milliseconds !== null)
  report.exactly('newcomers served', served.length, newcomers.length, 'clients')
  report.atMost(
    'newcomers: until the first answer, median',
    median(served),
    boundOfTimes(sizes.medianNewcomerMs, percent),
    'ms',
  )
  report.atMost(
    'newcomers: until the first answer, longest',
    Math.max(...served),
    boundOfTimes(sizes.longestNewcomerMs, percent),
    'ms',
  )
}

function openAll(crowds: Crowds, count: number): Promise<number[]> {
  return Promise.all(crowds.map((crowd) => crowd.ask('open', Math.round(count / CROWDS), 1800)))
}

function closeAll(crowds: Crowds): Promise<number[]> {
  return Promise.all(crowds.map((crowd) => crowd.ask('closeAll', undefined, 900)))
}

async function memories(
  server: Server,
  crowds: Crowds,
): Promise<{ readonly server: Memory; readonly clients: Memory }> {
  const clients = await Promise.all(crowds.map((crowd) => crowd.ask('memory', undefined)))
  return {
    server: await server.ask('memory', undefined),
    clients: {
      resident: sum(clients.map(({ resident }) => resident)),
      heap: sum(clients.map(({ heap }) => heap)),
    },
  }
}
