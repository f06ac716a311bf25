import { Duplex } from 'node:stream'
import { withCaller } from '../connection/caller.js'
import type { Connection } from '../connection/connection.js'
import { cutOnAbort } from './cut-on-abort.js'
import { openInitiator, openTrusted, settleInitiator, type ConnectSettings } from './initiator.js'
import { checkOptions } from './options.js'
import { responderConnection, responderNames, settleResponder, type ResponderOptions } from './responder.js'
import type { ServerCheck, TrustPolicy } from './trust.js'

/** Options of {@link wrap}. */
export type WrapOptions =
  | ({ readonly role: 'initiator' } & PeerName & ConnectSettings & ServerCheck)
  | ({ readonly role: 'responder'; readonly signal?: AbortSignal } & PeerName & ResponderOptions)

/** What a connection calls its peer, and lists of known peers do. */
interface PeerName {
  /** Unless told otherwise the stream’s `remoteAddress`, if it has one. */
  readonly host?: string
  /** Unless told otherwise the stream’s `remotePort`, if it has one. */
  readonly port?: number
}

/**
 * Speaks stalk over a stream that is there already: a Unix socket, TLS, a WebSocket, a tunnel. One side must be the initiator, the other
 * the responder. The stream belongs to the connection from now on, and ends with it; on failure it is destroyed.
 *
 * @param duplex of bytes; one of the `streamx` package (as hyperdht and hyperswarm have) will do, too: `connection.socket` is then a stream of Node around it
 * @throws as {@link connect} and {@link listen}; TypeError for a stream that is over, or has an encoding, and for `knownPeers()` and a peer without a name; with a policy that would ask, PEER_UNKNOWN: there is no second stream to try again over
 */
export function wrap<Socket extends Duplex>(duplex: Socket, options: WrapOptions): Promise<Connection<Socket>> {
  return withCaller(open(duplex, options))
}

async function open<Socket extends Duplex>(duplex: Socket, options: WrapOptions): Promise<Connection<Socket>> {
  checkStream(duplex)
  const { role } = options as { role?: unknown }
  if (role !== 'initiator' && role !== 'responder') throw new TypeError("wrap needs role: 'initiator' or 'responder'")
  const socket = asNodeStream(duplex)
  // it may be lost before there is a connection, which looks at that
  socket.on('error', () => undefined)
  try {
    return options.role === 'initiator' ? await initiate(socket, options) : await respond(socket, options)
  } catch (error) {
    // a connection lets its stream go when it has said why; options that were wrong never made one
    if (!socket.writableEnded) socket.destroy()
    throw error
  }
}

async function initiate<Socket extends Duplex>(
  socket: Socket,
  options: WrapOptions & { readonly role: 'initiator' },
): Promise<Connection<Socket>> {
  const settings = await settleInitiator(options, wrapNames)
  const server = peerName(socket, options)
  const trust = settings.trust === null ? null : withoutAsking(settings.trust)
  return openTrusted(server, { ...settings, trust }, (session, deadline) =>
    openInitiator({ socket, ...server }, session, settings, deadline),
  )
}

async function respond<Socket extends Duplex>(
  socket: Socket,
  options: WrapOptions & { readonly role: 'responder' },
): Promise<Connection<Socket>> {
  checkOptions(options, [...responderNames, ...wrapNames, 'signal'])
  const { signal } = options
  signal?.throwIfAborted()
  const settings = await settleResponder(options)
  const connection = responderConnection({ socket, ...peerName(socket, options) }, settings)
  await cutOnAbort(socket, signal, () => connection.opened(settings.times))
  return connection
}

const wrapNames = ['role', 'host', 'port'] as const

function checkStream(duplex: unknown): void {
  const { pipe, write, readableObjectMode, writableObjectMode } = (duplex ?? {}) as Partial<Duplex>
  if (typeof pipe !== 'function' || typeof write !== 'function') throw new TypeError('wrap takes a Duplex stream')
  if (readableObjectMode || writableObjectMode) throw new TypeError('wrap takes a stream of bytes, not of objects')
  const flaw = flawOf(duplex as Partial<Duplex>)
  if (flaw !== null) throw new TypeError(`wrap takes a stream that works: this one ${flaw}`)
}

/** What keeps a stream from ever carrying a handshake: the peer would be blamed for it when the time is over. Null: nothing. */
function flawOf({ destroyed, readable, writable, readableEncoding }: Partial<Duplex>): string | null {
  if (destroyed) return 'was destroyed'
  // streams that are not of Node may leave out what they are
  if (readable === false) return 'has nothing more to read: its other side has ended'
  if (writable === false) return 'cannot be written to: it was ended'
  if (typeof readableEncoding === 'string') {
    return `gives text, not bytes: do without setEncoding(${JSON.stringify(readableEncoding)})`
  }
  return null
}

/** Streams of `streamx` look like Node’s, but lack some of its methods, and the callbacks of writes. */
function asNodeStream<Socket extends Duplex>(duplex: Socket): Socket {
  if (typeof (duplex.isPaused as unknown) === 'function') return duplex
  return Duplex.from({ readable: duplex, writable: duplex }) as Socket
}

function peerName(
  socket: Duplex & { readonly remoteAddress?: unknown; readonly remotePort?: unknown },
  { host, port }: PeerName,
): { readonly host: string; readonly port: number } {
  const { remoteAddress, remotePort } = socket
  return {
    host: host ?? (typeof remoteAddress === 'string' ? remoteAddress : ''),
    port: port ?? (typeof remotePort === 'number' ? remotePort : 0),
  }
}

/** A second attempt would need a second stream. */
function withoutAsking(trust: TrustPolicy): TrustPolicy {
  return {
    async expect(server, protocol) {
      const { check, remember, ask } = await trust.expect(server, protocol)
      // whoever would have been asked about has not said yes: nothing is to be remembered
      return ask === undefined && remember !== undefined ? { check, remember } : { check }
    },
  }
}
