// How the commands that connect find their server, and say who they are.
import {
  connect,
  knownPeers,
  StalkError,
  type Connection,
  type ConnectOptions,
  type Protocol,
  type ServerCheck,
} from '@stalk/core'
import { Option, type Command } from 'commander'
import { knownPeersOption, milliseconds } from './arguments.js'
import { askTrust, canAsk } from './ask-trust.js'
import { exitCodes, usageError, withExitCode } from './exit-codes.js'
import { loadOwnIdentity, resolveIdentity } from './identities.js'
import { refuseChannels } from './refuse-channels.js'

/** What to do with a server that was never seen. */
type TrustPolicyName = 'ask' | 'accept-new' | 'strict'

/** As commander hands them over. */
export interface DialOptions {
  /** stalk/2 unless told otherwise. */
  readonly protocol?: Protocol
  readonly anonymous?: true
  readonly serverIdentity?: string
  readonly unverified?: true
  readonly knownPeers?: string
  readonly trust?: TrustPolicyName
  readonly identity?: string
  /** In milliseconds. */
  readonly timeout?: number
}

/** Whom to reach, and as whom. */
export function addDialing(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--server-identity <identity>',
        'who the server must be: its text form (stalk/2:ed25519:…), its fingerprint, or its id_pub file',
      ).conflicts('unverified'),
    )
    .option('--unverified', 'do not check who the server is: anybody may be')
    .addOption(
      new Option('--trust <policy>', 'a server that was never seen (default: ask on a terminal, otherwise strict)')
        .choices(['ask', 'accept-new', 'strict'])
        .conflicts(['serverIdentity', 'unverified']),
    )
    .addOption(knownPeersOption().conflicts(['serverIdentity', 'unverified']))
    .addOption(
      new Option('--anonymous', 'connect without an identity of our own, which the listener has to allow').conflicts(
        'identity',
      ),
    )
    .option(
      '--timeout <seconds>',
      'until the connection is there, in all (default: 10, and 30 more for a listener that has to decide)',
      milliseconds,
    )
}

/** Connects as the options say. Channels that the peer opens are refused. */
export async function dial(host: string, port: number, options: DialOptions, signal: AbortSignal): Promise<Connection> {
  return open(host, port, await settleDialing(options, signal))
}

/** What the options mean for `connect`: files are read, and a passphrase is asked for. */
export async function settleDialing(options: DialOptions, signal: AbortSignal): Promise<ConnectOptions> {
  const { protocol = 'stalk/2' } = options
  if (protocol === 'stalk/1' && options.anonymous) throw usageError('stalk/1 knows no anonymous peers')
  const who = options.anonymous ? { anonymous: true } : { identity: await loadOwnIdentity(options.identity) }
  const pin = await choosePin(options, signal)
  const timeout = options.timeout === undefined ? {} : { timeoutMs: options.timeout }
  return { ...pin, ...timeout, ...who, protocol, signal }
}

async function choosePin(options: DialOptions, signal: AbortSignal): Promise<ServerCheck> {
  const { serverIdentity, unverified } = options
  if (serverIdentity !== undefined)
    return { serverIdentity: await resolveIdentity(serverIdentity, '--server-identity') }
  if (unverified) return { unverified }
  const { trust: policy = canAsk() ? 'ask' : 'strict' } = options
  if (policy === 'ask' && !canAsk()) throw usageError('--trust ask needs a terminal to ask on')
  return { serverIdentity: knownPeers(options.knownPeers, { policy, ask: (server) => askTrust(server, signal) }) }
}

/** Connects. Channels that the peer opens are refused. */
export async function open(host: string, port: number, options: ConnectOptions): Promise<Connection> {
  try {
    const connection = await connect(host, port, options)
    void refuseChannels(connection)
    return connection
  } catch (error) {
    // before the handshake is done, bytes that are no packet mean that no such peer is there
    const isForeign = error instanceof StalkError && error.code === 'STALK1_PACKET_INVALID'
    throw isForeign ? withExitCode(error, exitCodes.unreachable) : error
  }
}
