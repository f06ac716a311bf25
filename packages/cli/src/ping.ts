import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from '@stalk/core'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { hostArgument, identityOption, milliseconds, portFrom, protocolOption, wholeNumberFrom } from './arguments.js'
import { CommandError, usageError } from './exit-codes.js'
import { addDialing, dial, type DialOptions } from './dial.js'
import { formatAddress, printLine } from './output.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
interface PingOptions extends DialOptions {
  readonly count?: number
  /** In milliseconds. */
  readonly interval: number
}

export function addPing(program: Command): void {
  const command = program
    .command('ping')
    .summary('measure round trips')
    .description(
      'Connects, and measures round trips over the connection until SIGINT, or as many as you say. stalk/2 only.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
  addDialing(command)
    .addOption(identityOption())
    .addOption(protocolOption('what to speak; both sides must mean the same'))
    .option('--count <number>', 'end after so many', wholeNumberFrom(1))
    .addOption(new Option('--interval <seconds>', 'between two, 0.75 at least').argParser(interval).default(1000, '1'))
    .action(pingCommand)
}

/** More often, round trips would be shared. */
const LEAST_INTERVAL_MS = 750

function interval(value: string): number {
  const result = milliseconds(value)
  if (result >= LEAST_INTERVAL_MS) return result
  throw new InvalidArgumentError('It must be 0.75 seconds at least.')
}

/** Measures round trips over a connection until enough were made, a signal comes, or the connection ends. */
async function pingCommand(host: string, port: number, options: PingOptions): Promise<void> {
  if (options.protocol === 'stalk/1') throw usageError('stalk/1 has no ping')
  const stop = stopOnSignals()
  const connection = await dial(host, port, options, stop.signal)
  const summary = new Summary()
  try {
    await ping(connection, formatAddress(host, port), options, { stop, summary })
  } catch (error) {
    if (!stop.signal.aborted) {
      if (summary.count > 0) await printLine(summary.toString())
      throw error
    }
  }
  await connection.close()
  if (summary.count > 0) await printLine(summary.toString())
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : null
  if (reason instanceof CommandError && summary.count === 0) throw reason
}

async function ping(
  connection: Connection,
  address: string,
  options: PingOptions,
  { stop, summary }: { readonly stop: Stop; readonly summary: Summary },
): Promise<void> {
  const { count = Infinity } = options
  while (summary.count < count && !stop.signal.aborted) {
    if (summary.count > 0) await pause(options.interval, undefined, { signal: stop.signal })
    const time = await connection.ping()
    summary.add(time)
    await printLine(`${address} ${summary.count} ${time.toFixed(2)} ms`)
  }
}

/** Of round trips, in milliseconds. */
class Summary {
  count = 0
  #least = Infinity
  #most = 0
  #sum = 0

  add(time: number): void {
    this.count += 1
    this.#least = Math.min(this.#least, time)
    this.#most = Math.max(this.#most, time)
    this.#sum += time
  }

  toString(): string {
    const [least, mean, most] = [this.#least, this.#sum / this.count, this.#most].map((time) => time.toFixed(2))
    const trips = this.count === 1 ? 'round trip' : 'round trips'
    return `${this.count} ${trips}, ${least}/${mean}/${most} ms least/mean/most`
  }
}
