import type { Connection } from '@stalk/core'
import { Option, type Command } from 'commander'
import { settleDialing } from './dial.js'
import { addEitherSide, checkEitherSide, openCounterpart, type EitherSideOptions } from './either-side.js'
import { CommandError, usageError } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { announce, startListening } from './listening.js'
import { formatAddress, leaveNotesOut, note } from './output.js'
import { fileSink, fileSource, inputSource, outputSink } from './pipe-files.js'
import { PIPE_PROTOCOL, pipeCloseCodes } from './pipe-messages.js'
import { transfer, type PipeSink, type PipeSource } from './pipe-transfer.js'
import { ProgressLine } from './progress.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
interface PipeOptions extends EitherSideOptions {
  readonly input?: string
  readonly output?: string
  readonly sendOnly?: true
  readonly receiveOnly?: true
  readonly quiet?: true
}

export function addPipe(program: Command): void {
  const command = program
    .command('pipe')
    .summary('carry bytes, to an end that is verified')
    .description(
      'Sends the standard input to the peer and writes what the peer sends to the standard output, as bytes, until both ' +
        'sides have everything. One side listens, for one connection. Each checks that it got every byte that the other ' +
        'sent; a line that is cut is an error. stalk/2 only.',
    )
  addEitherSide(command)
    .addOption(new Option('--input <file>', 'send this instead of the standard input').conflicts('receiveOnly'))
    .addOption(
      new Option(
        '--output <file>',
        'write to this; it appears, or is replaced, only once everything is there',
      ).conflicts('sendOnly'),
    )
    .addOption(
      new Option('--send-only', 'take nothing: it is an error if the peer sends bytes').conflicts('receiveOnly'),
    )
    .option('--receive-only', 'send nothing: the standard input is not read')
    .option('--quiet', 'print errors only: no progress, no notes')
    .action(pipeCommand)
  addNotes(command, pipeNotes)
}

const pipeNotes = `Nothing is read from a terminal, and nothing that a peer sends is written to one. When the standard error is a
terminal it shows how far things are.

  there  stalk pipe --listen 0.0.0.0 4000 --output backup.tar
  here   tar c notes | stalk pipe there 4000

Ends with 0 only if the other side has everything, too; with 5 if the line was cut or something is missing.`

/** Carries bytes both ways over one connection. */
async function pipeCommand(host: string, port: number, options: PipeOptions): Promise<void> {
  checkEitherSide(port, options)
  if (options.quiet) leaveNotesOut()
  const source = await chooseSource(options)
  const stop = stopOnSignals()
  const file = options.output === undefined ? null : await fileSink(options.output)
  const sink = file ?? chooseSink(options)
  try {
    if (source === null && sink === null) throw usageError(nothingToDo)
    const carry = (connection: Connection): Promise<void> => carryOver(connection, { source, sink }, options, stop)
    await (options.listen
      ? serveOne({ host, port }, options, stop, carry)
      : reach({ host, port }, options, stop, carry))
  } finally {
    await file?.discard()
  }
}

const nothingToDo =
  'there is nothing to send and nowhere to write: redirect the input or the output, or use --input or --output'

async function chooseSource({ input, receiveOnly }: PipeOptions): Promise<PipeSource | null> {
  if (input !== undefined) return fileSource(input)
  return receiveOnly || process.stdin.isTTY ? null : inputSource()
}

/** What a peer sends might be obeyed by a terminal. */
function chooseSink({ sendOnly }: PipeOptions): PipeSink | null {
  return sendOnly || process.stdout.isTTY ? null : outputSink()
}

interface Address {
  readonly host: string
  readonly port: number
}

type Carry = (connection: Connection) => Promise<void>

async function reach({ host, port }: Address, options: PipeOptions, stop: Stop, carry: Carry): Promise<void> {
  const settings = { ...(await settleDialing(options, stop.signal)), applicationProtocols: [PIPE_PROTOCOL] }
  const connection = await openCounterpart(host, port, settings, 'stalk pipe --listen')
  noteConnected(connection)
  await carry(connection)
}

/** Listens for one connection; who comes later is told that the listener is busy. */
async function serveOne(address: Address, options: PipeOptions, stop: Stop, carry: Carry): Promise<void> {
  let takeFirst: Carry | null = null
  const carried = new Promise<void>((resolve, reject) => {
    takeFirst = async (connection) => {
      takeFirst = null
      noteConnected(connection)
      await carry(connection).then(resolve, reject)
    }
    void stop.requested.then(reject)
  })
  // it may fail before anybody waits for it
  carried.catch(() => undefined)
  const handler: Carry = async (connection) => {
    if (takeFirst === null) await connection.close({ code: 1, reason: 'this listener takes one connection' })
    else await takeFirst(connection)
  }
  const settings = { stop, applicationProtocols: [PIPE_PROTOCOL], maxConnections: 1 }
  const listener = await startListening(address, handler, options, settings)
  announce(listener, 'stalk pipe')
  try {
    await carried
  } finally {
    await listener.close({ timeoutMs: GIVING_UP_MS })
  }
}

function noteConnected({ host, port, peerIdentity, unverified }: Connection): void {
  note(
    `connected to ${formatAddress(host, port)}, fingerprint ${peerIdentity?.fingerprint ?? 'none: anonymous'}`,
    'green',
  )
  if (unverified) note('not verified: whoever answers there may be anybody', 'yellow')
}

/** Everything, both ways; a side that fails tells the other before it ends. */
async function carryOver(
  connection: Connection,
  { source, sink }: { readonly source: PipeSource | null; readonly sink: PipeSink | null },
  { quiet }: PipeOptions,
  stop: Stop,
): Promise<void> {
  const progress = process.stderr.isTTY && !quiet ? new ProgressLine(process.stderr) : null
  const stopped = stop.requested.then((reason) => {
    throw reason
  })
  try {
    const carried = transfer(connection, source, sink, (direction, bytes, size) => {
      progress?.update(direction, bytes, size)
    })
    await Promise.race([carried, stopped])
  } catch (error) {
    await giveUp(connection, error)
    throw error
  } finally {
    progress?.end()
  }
  await connection.close()
}

const GIVING_UP_MS = 2_000

/** The reason is our code for it: a message might name files of ours. */
async function giveUp(connection: Connection, error: unknown): Promise<void> {
  if (connection.error !== null) return
  const reason = error instanceof CommandError ? error.code : ''
  const code = reason === 'PIPE_DAMAGED' ? pipeCloseCodes.damaged : pipeCloseCodes.failed
  // a second failure does not hide the first
  await connection.close({ code, reason, timeoutMs: GIVING_UP_MS }).catch(() => undefined)
}
