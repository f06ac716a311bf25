// Commands of which one runs on each side: with --listen it waits for the other.
import { StalkError, type Connection, type ConnectOptions } from '@stalk/core'
import { Option, type Command } from 'commander'
import { hostArgument, identityOption, portFrom } from './arguments.js'
import { addDialing, open, type DialOptions } from './dial.js'
import { CommandError, exitCodeOf, usageError } from './exit-codes.js'
import { addAdmission, type ListeningOptions } from './listening.js'

/** As commander hands them over. */
export interface EitherSideOptions extends DialOptions, ListeningOptions {
  readonly listen?: true
  readonly identity?: string
}

/** Host, port, and the options of both sides; those that are added next are for either. */
export function addEitherSide(command: Command): Command {
  command
    .addArgument(hostArgument('where to connect to; with --listen the address to listen on, 0.0.0.0 or :: for all'))
    .argument('<port>', 'its port; with --listen 0 for any free one', portFrom(0))
    .addOption(new Option('-l, --listen', 'wait for the other side to connect').conflicts(dialingOnly))
    .addOption(identityOption())
  addDialing(command.optionsGroup('Options of the side that connects:'))
  addAdmission(command.optionsGroup('Options of the side that listens:'))
  return command.optionsGroup('Options:')
}

const dialingOnly = ['serverIdentity', 'unverified', 'trust', 'knownPeers', 'anonymous', 'timeout']

/** Throws a CommandError USAGE for what is meant for the other side. */
export function checkEitherSide(port: number, options: EitherSideOptions): void {
  if (options.listen) return
  if (port === 0) throw usageError('port 0, any free one, is for --listen')
  if (options.allowAnonymous) throw usageError('--allow-anonymous is for --listen: it says who may connect')
  if (options.authorizedPeers !== undefined) {
    throw usageError('--authorized-peers is for --listen: it says who may connect')
  }
}

/**
 * Connects.
 *
 * @param counterpart the command that has to run on the other side, for who finds another one there
 */
export async function openCounterpart(
  host: string,
  port: number,
  settings: ConnectOptions,
  counterpart: string,
): Promise<Connection> {
  try {
    return await open(host, port, settings)
  } catch (error) {
    if (!(error instanceof StalkError) || error.code !== 'REJECTED_NO_PROTOCOL') throw error
    throw new CommandError(error.code, `the other side is not \`${counterpart}\``, exitCodeOf(error), error)
  }
}
