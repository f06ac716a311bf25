// How the commands that listen say who they are and who may come in, and what they tell their user.
import {
  authorizedPeers,
  describeThrown,
  listen,
  StalkError,
  type Handler,
  type Listener,
  type ListenerErrorInfo,
  type ListenOptions,
} from '@stalk/core'
import type { Command } from 'commander'
import { CommandError } from './exit-codes.js'
import { loadOwnIdentity } from './identities.js'
import { formatAddress, note } from './output.js'
import { refuseChannels } from './refuse-channels.js'
import type { Stop } from './stop.js'

/** As commander hands them over. */
export interface ListeningOptions {
  readonly identity?: string
  readonly allowAnonymous?: true
  readonly authorizedPeers?: string
}

/** Who may come in. */
export function addAdmission(command: Command): Command {
  return command
    .option('--allow-anonymous', 'let peers in that have no identity')
    .option(
      '--authorized-peers <file>',
      'let in only who is in this file: an identity or a fingerprint a line; read again when it changes',
    )
}

/**
 * Listens as the options say. A peer that is refused or fails is a note; a listener that fails requests the stop. Channels that peers
 * open are refused.
 */
export async function startListening(
  address: { readonly host: string; readonly port: number },
  handler: Handler,
  options: ListeningOptions,
  { stop, ...settings }: { readonly stop: Stop } & ListenOptions,
): Promise<Listener> {
  const { authorizedPeers: list, allowAnonymous } = options
  const authorize = list === undefined ? {} : { authorize: await authorizedPeers(list) }
  const handling: Handler = (connection) => {
    void refuseChannels(connection)
    return handler(connection)
  }
  return listen(address.host, address.port, handling, {
    onError: (error, info) => {
      reportError(error, info, stop)
    },
    identity: await loadOwnIdentity(options.identity),
    ...authorize,
    ...(allowAnonymous && { allowAnonymous }),
    ...settings,
  })
}

/**
 * Says where it listens, who it is, and how to connect.
 *
 * @param command what connects to it, such as `stalk connect`
 * @param manner options for that
 */
export function announce(listener: Listener, command: string, manner = ''): void {
  const { host, port, protocol, identity } = listener
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  note(`listening on ${formatAddress(host, port)} (${protocol})`, 'green')
  note(`fingerprint ${identity.fingerprint}`)
  // an identity may be longer than a note: a modulus of 8,192 bits takes 1,400 characters
  const line = `${command} ${reachable} ${port}${manner} --server-identity '${identity.toString()}'`
  note(`to connect: ${line}`, undefined, Infinity)
}

/** Closes the listener at the first request. */
export async function closeWhenStopped(listener: Listener, stop: Stop): Promise<void> {
  const reason = await stop.requested
  await listener.close()
  // a signal, and a reader of our output that has enough, are how a listener is meant to end
  if (!(reason instanceof CommandError && ['STOPPED', 'OUTPUT_CLOSED'].includes(reason.code))) throw reason
}

function reportError(error: unknown, { peer, connection }: ListenerErrorInfo, stop: Stop): void {
  // the listening socket itself failed: nobody can connect any more
  if (peer === null) stop.request(error)
  if (peer === null || stop.signal.aborted) return
  const code = error instanceof StalkError ? error.code : 'INTERNAL'
  const message = describeThrown(error)
  note(`${peer} ${connection === null ? 'refused' : 'failed'}: ${message} (${code})`, 'red', MAX_PEER_CHARACTERS)
}

/** A stranger who fails should not fill the screen. */
const MAX_PEER_CHARACTERS = 300
