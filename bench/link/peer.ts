import type { Message, Workload } from '../harness/workload.js'

/** What both sides of a peer are told. */
export interface Context {
  /** Where `prepare` left keys and certificates. */
  readonly directory: string
  readonly workload: Workload
  /** True: there will be one connection and no more. */
  readonly single: boolean
  /** Where the server listens; 0 for any free port. The processes of a cluster share theirs, and nothing else tells two servers apart. */
  readonly port: number
}

/** One side of an established connection, as a scenario drives it. */
export interface Link {
  /** Queues a message. False: `await drain()` before sending more. */
  send(message: Message): boolean
  /** Resolves when more may be sent. */
  drain(): Promise<void>
  /** Resolves when the connection is gone on this side. */
  close(): Promise<void>
}

/** Takes a message as it arrives; null is a message’s worth of bytes that a peer without messages has verified itself. */
export type Receive = (message: Message | null) => void

/** Takes a connection of the server and says what happens to its messages. */
export type Accept = (link: Link) => Receive

/** A server that listens on 127.0.0.1. */
export interface Server {
  readonly port: number
  /** Other processes that do the server’s work: their CPU time counts. */
  readonly helpers?: readonly number[]
  /** True: connections end in the helpers, so it is their memory that counts. */
  readonly endsInHelpers?: boolean
}

/** What is measured: a way to exchange messages between two processes. */
export interface Peer {
  readonly name: string
  /** Makes keys and certificates, once for all processes. Throws if the peer cannot run here. */
  prepare?(directory: string): Promise<void>
  listen(context: Context, accept: Accept): Promise<Server>
  connect(context: Context, port: number, receive: Receive): Promise<Link>
}
