import {
  authorizedPeers,
  listen,
  StalkError,
  formatMessage,
  type Connection,
  type Listener,
  type ListenerErrorInfo,
  type Protocol,
} from '@stalk/core'
import { CommandError, usageError } from './exit-codes.js'
import { loadOwnIdentity } from './identities.js'
import { encodeMessage } from './message-json.js'
import { formatAddress, note, printLine } from './output.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
export interface ListenCommandOptions {
  readonly protocol: Protocol
  readonly allowAnonymous?: true
  readonly authorizedPeers?: string
  readonly identity?: string
  readonly json?: true
  readonly echo?: true
}

/** Prints what arrives until a signal comes. */
export async function listenCommand(host: string, port: number, options: ListenCommandOptions): Promise<void> {
  const { protocol } = options
  if (protocol === 'stalk/1' && options.allowAnonymous) throw usageError('stalk/1 knows no anonymous peers')
  if (protocol === 'stalk/1' && options.authorizedPeers !== undefined) {
    throw usageError('stalk/1 has no place to refuse a peer: leave --authorized-peers out')
  }
  const authorize =
    options.authorizedPeers === undefined ? {} : { authorize: await authorizedPeers(options.authorizedPeers) }
  const identity = await loadOwnIdentity(options.identity)
  const stop = stopOnSignals()
  const listener = await listen(host, port, (connection) => serve(connection, options, stop), {
    protocol,
    identity,
    ...authorize,
    ...(options.allowAnonymous && { allowAnonymous: true }),
    onError: (error, info) => {
      reportError(error, info, stop)
    },
  })
  announce(listener, options)

  const reason = await stop.requested
  await listener.close()
  // a signal, and a reader of our output that has enough, are how a listener is meant to end
  if (!(reason instanceof CommandError && ['STOPPED', 'OUTPUT_CLOSED'].includes(reason.code))) throw reason
}

function announce({ host, port, protocol, identity }: Listener, { echo }: ListenCommandOptions): void {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  note(`listening on ${formatAddress(host, port)} (${protocol})`, 'green')
  note(`fingerprint ${identity.fingerprint}`)
  // an identity may be longer than a note: a modulus of 8,192 bits takes 1,400 characters
  const manner = echo ? '--text --reply' : '--text'
  const spoken = protocol === 'stalk/1' ? ' --protocol stalk/1' : ''
  const command = `stalk connect ${reachable} ${port}${spoken} ${manner} --server-identity '${identity.toString()}'`
  note(`to connect: ${command}`, undefined, Infinity)
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

function reportError(error: unknown, { peer, connection }: ListenerErrorInfo, stop: Stop): void {
  // the listening socket itself failed: nobody can connect any more
  if (peer === null) stop.request(error)
  if (peer === null || stop.signal.aborted) return
  const code = error instanceof StalkError ? error.code : 'INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  note(`${peer} ${connection === null ? 'refused' : 'failed'}: ${message} (${code})`, 'red', MAX_PEER_CHARACTERS)
}

/** A stranger who fails should not fill the screen. */
const MAX_PEER_CHARACTERS = 300
