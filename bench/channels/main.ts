// npm run bench:channels -- [--mib N] [--rounds N]: what a transfer does to requests beside it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connect, Identity, Spack, type Channel, type Connection } from '@stalk/core'
import { median, quantile } from '../harness/statistics.js'

const { values } = parseArgs({
  options: { mib: { type: 'string', default: '1024' }, rounds: { type: 'string', default: '3' } },
})
const [mebibytes, rounds] = [Number(values.mib), Number(values.rounds)]

/** Where the transfer goes: nowhere, on a channel of the same connection, into the same stream as the requests, over another connection. */
const ways = ['no transfer', 'bulk channel', 'same stream', 'other connection'] as const
type Way = (typeof ways)[number]
type Stream = Connection | Channel

/** A piece of the transfer. */
const piece = new Spack().bytes(new Uint8Array(64 * 1024))
/** Without a transfer. */
const roundTrips = 5000

interface Round {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly perSecond: number
  readonly megabytesPerSecond: number
}

const directory = mkdtempSync(path.join(tmpdir(), 'stalk-bench-'))
const identity = await Identity.generate({ type: 'ed25519' })
const serverIdentity = await Identity.generate({ type: 'ed25519' })
await serverIdentity.save(directory)
const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), [directory])
const [port] = (await once(server, 'message')) as [number]

const results = new Map<Way, Round[]>(ways.map((way) => [way, []]))
for (let round = 0; round <= rounds; round += 1) {
  for (const way of ways) {
    const result = await run(way)
    // the first round is for the compiler
    if (round > 0) results.get(way)!.push(result)
  }
}
server.disconnect()
rmSync(directory, { recursive: true })
print()

async function run(way: Way): Promise<Round> {
  const open = (): Promise<Connection> => connect('127.0.0.1', port, { identity, serverIdentity })
  const connection = await open()
  const requests: Stream =
    way === 'same stream' ? connection : connection.openChannel('echo', { priority: 'interactive' })
  const other = way === 'other connection' ? await open() : null
  const state = { isDone: way === 'no transfer' }
  const transfer = way === 'no transfer' ? 0 : send(bulkOf(way, connection, other), way !== 'same stream')
  const startedAt = performance.now()
  const transferred = Promise.resolve(transfer).then((bytes) => {
    state.isDone = true
    return bytes / 1e6 / ((performance.now() - startedAt) / 1000)
  })
  const times: number[] = []
  while (!state.isDone || times.length < (way === 'no transfer' ? roundTrips : 1)) {
    const sentAt = performance.now()
    requests.send(new Spack().integer(times.length))
    const [answer] = (await requests.receive())!.values()
    if (answer !== times.length) throw new Error(`the answer to ${times.length} is ${String(answer)}`)
    times.push(performance.now() - sentAt)
  }
  const perSecond = times.length / ((performance.now() - startedAt) / 1000)
  const megabytesPerSecond = await transferred
  if (requests !== connection) await requests.close()
  await Promise.all([connection.close(), other?.close()])
  const sorted = Float64Array.from(times)
  return {
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    max: Math.max(...times),
    perSecond,
    megabytesPerSecond,
  }
}

function bulkOf(way: Way, connection: Connection, other: Connection | null): Stream {
  if (way === 'bulk channel') return connection.openChannel('bulk', { priority: 'bulk' })
  return other ?? connection
}

/** Sends the transfer; resolves with its bytes when the server has them all, or, where it shares a stream, when they have left. */
async function send(stream: Stream, isVerified: boolean): Promise<number> {
  const pieces = mebibytes * 16
  for (let count = 0; count < pieces; count += 1) if (!stream.send(piece)) await stream.flush()
  const bytes = pieces * 64 * 1024
  if (!isVerified) {
    await stream.flush()
    return bytes
  }
  await stream.end()
  const [counted] = (await stream.receive())!.values()
  if (counted !== bytes) throw new Error(`${String(counted)} bytes arrived of ${bytes}`)
  return bytes
}

function print(): void {
  console.log(
    `requests beside a transfer of ${mebibytes} MiB; medians of ${rounds} interleaved rounds, ms; Node ${process.version}\n`,
  )
  console.log(
    `${'transfer'.padEnd(18)}${['p50', 'p99', 'longest', 'requests/s', 'MB/s'].map((name) => name.padStart(12)).join('')}`,
  )
  for (const [way, all] of results) {
    const of = (pick: (round: Round) => number): number => median(all.map(pick))
    const cells = [
      of(({ p50 }) => p50).toFixed(2),
      of(({ p99 }) => p99).toFixed(2),
      of(({ max }) => max).toFixed(1),
      of(({ perSecond }) => perSecond).toFixed(0),
      way === 'no transfer' ? '' : of(({ megabytesPerSecond }) => megabytesPerSecond).toFixed(0),
    ]
    console.log(`${way.padEnd(18)}${cells.map((cell) => cell.padStart(12)).join('')}`)
  }
}
