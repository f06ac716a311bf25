import type { Connection, ConnectOptions } from '@stalk/core'
import { Option, type Command } from 'commander'
import { milliseconds } from './arguments.js'
import { largeBytes, measure, smallBytes, type BenchResult } from './bench-measure.js'
import { answerBench, BENCH_PROTOCOL } from './bench-protocol.js'
import { settleDialing } from './dial.js'
import { addEitherSide, checkEitherSide, openCounterpart, type EitherSideOptions } from './either-side.js'
import { announce, closeWhenStopped, startListening } from './listening.js'
import { describeBytes, formatAddress, note, printLine } from './output.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
interface BenchOptions extends EitherSideOptions {
  /** In milliseconds. */
  readonly seconds: number
  readonly json?: true
}

export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('measure how fast a line and both its ends are')
    .description(
      'Connects to `stalk bench --listen` and measures handshakes, round trips, and messages and bytes one way. The ' +
        'side that listens ends at SIGINT or SIGTERM. stalk/2 only.',
    )
  addEitherSide(command)
    .addOption(
      new Option('--seconds <number>', 'how long in all')
        .argParser(milliseconds)
        .default(4000, '4')
        .conflicts('listen'),
    )
    .addOption(new Option('--json', 'print one line of JSON').conflicts('listen'))
    .action(benchCommand)
}

/** Either side of a measurement. */
async function benchCommand(host: string, port: number, options: BenchOptions): Promise<void> {
  checkEitherSide(port, options)
  const stop = stopOnSignals()
  if (options.listen) {
    await answer(host, port, options, stop)
    return
  }
  const settings = { ...(await settleDialing(options, stop.signal)), applicationProtocols: [BENCH_PROTOCOL] }
  note(`measuring ${formatAddress(host, port)} for ${options.seconds / 1000} s`)
  const result = await measure(opener(host, port, settings), options.seconds, stop.signal)
  await printLine(options.json ? JSON.stringify(result) : tableOf(result))
}

async function answer(host: string, port: number, options: BenchOptions, stop: Stop): Promise<void> {
  // how fast handshakes can be is what is measured
  const settings = { stop, applicationProtocols: [BENCH_PROTOCOL], handshakeRate: false } as const
  const listener = await startListening({ host, port }, answerBench, options, settings)
  announce(listener, 'stalk bench')
  await closeWhenStopped(listener, stop)
}

/** The first connection finds out whom to trust; the others expect the same. */
function opener(host: string, port: number, settings: ConnectOptions): () => Promise<Connection> {
  let known = settings
  return async () => {
    const connection = await openCounterpart(host, port, known, 'stalk bench --listen')
    if (!known.unverified && connection.peerIdentity !== null) {
      known = { ...known, serverIdentity: connection.peerIdentity }
    }
    return connection
  }
}

function tableOf({ handshakesPerSecond, roundTrips, messagesPerSecond, bytesPerSecond }: BenchResult): string {
  const { count, p50Ms, p99Ms } = roundTrips
  const small = `messages of ${smallBytes} bytes`
  return [
    ['handshakes', `${whole(handshakesPerSecond)}/s`, 'one after the other'],
    ['round trip, p50', `${p50Ms.toFixed(3)} ms`, `${whole(count)} ${small}`],
    ['round trip, p99', `${p99Ms.toFixed(3)} ms`, ''],
    ['one way', `${whole(messagesPerSecond)}/s`, small],
    ['one way', `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`, `messages of ${describeBytes(largeBytes)}`],
  ]
    .map(([what = '', value = '', of = '']) => `${what.padEnd(16)} ${value.padStart(14)}  ${of}`.trimEnd())
    .join('\n')
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
