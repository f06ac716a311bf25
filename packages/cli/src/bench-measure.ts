// What `stalk bench` measures, over connections to a side that speaks stalk-bench/1.
import { createHistogram } from 'node:perf_hooks'
import type { Connection } from '@stalk/core'
import { CommandError, exitCodes } from './exit-codes.js'
import { oneWay, returned } from './bench-protocol.js'

/** What came out. */
export interface BenchResult {
  /** One after the other, each with its connection. */
  readonly handshakesPerSecond: number
  readonly roundTrips: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }
  /** One way, of {@link smallBytes}. */
  readonly messagesPerSecond: number
  /** One way, in messages of {@link largeBytes}. */
  readonly bytesPerSecond: number
}

export const smallBytes = 100
export const largeBytes = 65_536

/** Measures each of four things for a quarter of the time. Aborting the signal rejects with its reason. */
export async function measure(
  open: () => Promise<Connection>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<BenchResult> {
  const part: Part = { milliseconds: milliseconds / 4, signal }
  const handshakesPerSecond = await measureHandshakes(open, part)
  const connection = await open()
  try {
    return {
      handshakesPerSecond,
      roundTrips: await measureRoundTrips(connection, part),
      messagesPerSecond: await measureOneWay(connection, smallBytes, part),
      bytesPerSecond: (await measureOneWay(connection, largeBytes, part)) * largeBytes,
    }
  } finally {
    await connection.close()
  }
}

interface Part {
  readonly milliseconds: number
  readonly signal: AbortSignal
}

async function measureHandshakes(open: () => Promise<Connection>, part: Part): Promise<number> {
  const { isOver, elapsedSeconds } = startClock(part)
  let count = 0
  while (!isOver()) {
    const connection = await open()
    count += 1
    await connection.close()
  }
  return count / elapsedSeconds()
}

async function measureRoundTrips(connection: Connection, part: Part): Promise<BenchResult['roundTrips']> {
  const times = createHistogram()
  const message = returned(new Uint8Array(smallBytes))
  const { isOver } = startClock(part)
  while (!isOver()) {
    const sentAt = performance.now()
    connection.send(message)
    await answer(connection, part.signal)
    // a histogram takes whole numbers, from 1
    times.record(Math.max(1, Math.round((performance.now() - sentAt) * NANOSECONDS)))
  }
  const [p50Ms, p99Ms] = [50, 99].map((rank) => times.percentile(rank) / NANOSECONDS)
  return { count: times.count, p50Ms: p50Ms ?? 0, p99Ms: p99Ms ?? 0 }
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000

/** Messages a second, until the last of them has been taken. */
async function measureOneWay(connection: Connection, bytes: number, part: Part): Promise<number> {
  const message = oneWay(new Uint8Array(bytes))
  const { isOver, elapsedSeconds } = startClock(part)
  let count = 0
  while (!isOver()) {
    // looking at the clock costs about as much as a small message
    for (let batch = 0; batch < BATCH; batch += 1) {
      count += 1
      if (!connection.send(message)) await connection.flush({ signal: part.signal })
    }
  }
  connection.send(returned(new Uint8Array()))
  await answer(connection, part.signal)
  return count / elapsedSeconds()
}

const BATCH = 16

async function answer(connection: Connection, signal: AbortSignal): Promise<void> {
  if ((await connection.receive({ signal })) === null) throw ended()
}

function ended(): CommandError {
  return new CommandError('PEER_CLOSED', 'the other side ended while it was measured', exitCodes.lost)
}

function startClock({ milliseconds, signal }: Part): { isOver: () => boolean; elapsedSeconds: () => number } {
  const startedAt = performance.now()
  return {
    isOver: () => {
      signal.throwIfAborted()
      return performance.now() - startedAt >= milliseconds
    },
    elapsedSeconds: () => (performance.now() - startedAt) / 1000,
  }
}
