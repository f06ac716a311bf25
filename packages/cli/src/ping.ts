import { setTimeout as pause } from 'node:timers/promises'
import { Option, type Command } from 'commander'
import { hostArgument, identityOption, milliseconds, portFrom, protocolOption, wholeNumber } from './arguments.js'
import { CommandError, usageError } from './exit-codes.js'
import { addDialing, dial, type DialOptions } from './dial.js'
import { formatAddress, printLine } from './output.js'
import { stopOnSignals } from './stop.js'

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
    .option('--count <number>', 'end after so many', wholeNumber)
    .addOption(
      new Option('--interval <seconds>', 'between two, half a second at least')
        .argParser(milliseconds)
        .default(1000, '1'),
    )
    .action(pingCommand)
}

/** Measures round trips over a connection until enough were made or a signal comes. */
async function pingCommand(host: string, port: number, options: PingOptions): Promise<void> {
  if (options.protocol === 'stalk/1') throw usageError('stalk/1 has no ping')
  const { count = Infinity, interval } = options
  const stop = stopOnSignals()
  const connection = await dial(host, port, options, stop.signal)
  const times: number[] = []
  try {
    while (times.length < count && !stop.signal.aborted) {
      if (times.length > 0) await pause(interval, undefined, { signal: stop.signal })
      const milliseconds = await connection.ping()
      times.push(milliseconds)
      await printLine(`${formatAddress(host, port)} ${times.length} ${milliseconds.toFixed(2)} ms`)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  await connection.close()
  if (times.length > 0) await printLine(summary(times))
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : null
  if (reason instanceof CommandError && times.length === 0) throw reason
}

function summary(times: readonly number[]): string {
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  return `${times.length} round trips, ${least.toFixed(2)}/${mean.toFixed(2)}/${most.toFixed(2)} ms least/mean/most`
}
