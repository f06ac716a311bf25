import { formatMessage, type Connection, type Protocol } from '@stalk/core'
import type { Command } from 'commander'
import { hostArgument, identityOption, portFrom, protocolOption } from './arguments.js'
import { usageError } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { addAdmission, announce, closeWhenStopped, startListening, type ListeningOptions } from './listening.js'
import { encodeMessage, messageJsonHelp } from './message-json.js'
import { formatAddress, note, printLine } from './output.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
interface ListenCommandOptions extends ListeningOptions {
  readonly protocol: Protocol
  readonly json?: true
  readonly echo?: true
}

export function addListen(program: Command): void {
  const command = program
    .command('listen')
    .summary('print the messages that arrive')
    .description(
      'Listens and prints every message that arrives. Where it listens, and the command that connects to it, stand on ' +
        'the standard error. Ends at SIGINT or SIGTERM.',
    )
    .addArgument(hostArgument('address to listen on; 0.0.0.0 or :: for all'))
    .argument('<port>', 'port to listen on; 0 for any free one', portFrom(0))
    .addOption(protocolOption('what to speak; both sides must mean the same'))
    .addOption(identityOption())
  addAdmission(command)
    .option('--json', 'print messages as JSON, one a line, without the peer’s address')
    .option('--echo', 'send every message back')
    .action(listenCommand)
  addNotes(command, messageJsonHelp)
}

/** Prints what arrives until a signal comes. */
async function listenCommand(host: string, port: number, options: ListenCommandOptions): Promise<void> {
  const { protocol } = options
  if (protocol === 'stalk/1' && options.allowAnonymous) throw usageError('stalk/1 knows no anonymous peers')
  if (protocol === 'stalk/1' && options.authorizedPeers !== undefined) {
    throw usageError('stalk/1 has no place to refuse a peer: leave --authorized-peers out')
  }
  const stop = stopOnSignals()
  const serving = (connection: Connection): Promise<void> => serve(connection, options, stop)
  const listener = await startListening({ host, port }, serving, options, { stop, protocol })
  const spoken = protocol === 'stalk/1' ? ' --protocol stalk/1' : ''
  announce(listener, 'stalk connect', `${spoken} ${options.echo ? '--text --reply' : '--text'}`)

  await closeWhenStopped(listener, stop)
}

async function serve(connection: Connection, { json, echo }: ListenCommandOptions, stop: Stop): Promise<void> {
  const peer = formatAddress(connection.host, connection.port)
  note(`${peer} connected, fingerprint ${connection.peerIdentity?.fingerprint ?? 'none: anonymous'}`)
  for await (const message of connection) {
    try {
      await printLine(json ? encodeMessage(message) : `${peer} ${formatMessage(message)}`)
    } catch (error) {
      stop.request(error)
      return
    }
    if (echo && !connection.send(message)) await connection.flush()
  }
  note(`${peer} closed`)
}
