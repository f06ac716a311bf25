import { channel, type Channel } from 'node:diagnostics_channel'
import type { Spack } from '@stalk/spack'
import type { Connection } from './connection.js'

/** `stalk:handshake`: a handshake is over. */
export interface HandshakeEvent {
  readonly connection: Connection
  readonly role: 'initiator' | 'responder'
  readonly durationMs: number
  /** Null: the connection is established. */
  readonly error: Error | null
}

/** `stalk:message`: a message was sent, or arrived; the message itself is the application’s, and no log’s. */
export interface MessageEvent {
  readonly connection: Connection
  readonly direction: 'sent' | 'received'
  readonly message: Spack
}

/** `stalk:error`: a connection failed, or a listener turned somebody away. */
export interface ErrorEvent {
  readonly error: unknown
  /** Null: there was none. */
  readonly connection: Connection | null
  /** `host:port`; null for an error of a listening socket itself. */
  readonly peer: string | null
}

/** `stalk:close`: the line of a connection that was established is gone. */
export interface CloseEvent {
  readonly connection: Connection
  /** Null: it ended as both sides wanted. */
  readonly error: Error | null
}

/**
 * What happens on all connections of the process, for whoever subscribes with `node:diagnostics_channel`. Without subscribers nothing
 * is made or published.
 */
export const diagnostics = {
  handshake: channel('stalk:handshake') as Channel<unknown, HandshakeEvent>,
  message: channel('stalk:message') as Channel<unknown, MessageEvent>,
  error: channel('stalk:error') as Channel<unknown, ErrorEvent>,
  close: channel('stalk:close') as Channel<unknown, CloseEvent>,
}
