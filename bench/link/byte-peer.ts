import { formatOf, type Encoded, type Format } from './formats.js'
import type { Message } from '../harness/workload.js'
import type { Context, Link, Peer, Receive, Server } from './peer.js'

/** One side of a connection that carries bodies of bytes, each as a unit. */
export interface Channel {
  /** How many bytes in front of a body save the channel a copy. */
  readonly reserve: number
  /** False: `await drain()` before sending more. The body belongs to the channel from now on. */
  send(body: Encoded): boolean
  drain(): Promise<void>
  close(): Promise<void>
}

export type ReceiveBody = (body: Uint8Array) => void

/** A peer that carries bytes: what messages are is settled here, in the same way for all of them. */
export interface BytePeer {
  readonly name: string
  prepare?(directory: string): Promise<void>
  listen(context: Context, accept: (channel: Channel) => ReceiveBody): Promise<Server>
  connect(context: Context, port: number, receive: ReceiveBody): Promise<Channel>
}

/** Messages as they come: each is a body. */
export function overBytes(peer: BytePeer): Peer {
  return peerOver(peer, peer.name, single)
}

/** Batching by hand: the messages of a tick, up to some number of bytes, are one body. */
export function batchedOverBytes(peer: BytePeer): Peer {
  return peerOver(peer, `${peer.name}-batched`, batched)
}

interface Framing {
  link(channel: Channel, format: Format, size: number): Link
  receive(receive: Receive, format: Format): ReceiveBody
}

function peerOver(peer: BytePeer, name: string, { link, receive: receiver }: Framing): Peer {
  return {
    name,
    ...(peer.prepare && { prepare: (directory) => peer.prepare!(directory) }),
    listen(context, accept) {
      const { workload } = context
      return peer.listen(context, (channel) => {
        const format = formatOf(workload)
        return receiver(accept(link(channel, format, workload.size)), format)
      })
    },
    async connect(context, port, receive) {
      const format = formatOf(context.workload)
      return link(await peer.connect(context, port, receiver(receive, format)), format, context.workload.size)
    },
  }
}

const single: Framing = {
  link: (channel, format) => ({
    send: (message) => channel.send(format.encode(message, channel.reserve)),
    drain: () => channel.drain(),
    close: () => channel.close(),
  }),
  receive: (receive, format) => (body) => receive(format.decode(body)),
}

/** Enough to make what a body costs small; larger ones are slower again, since they leave the cache. */
const BATCH_BYTES = 32 * 1024

const batched: Framing = {
  link: (channel, format, size) => new BatchingLink(channel, format, Math.max(1, Math.floor(BATCH_BYTES / size))),
  receive: (receive, format) => (body) => format.decodeMany(body, receive),
}

class BatchingLink implements Link {
  readonly #channel: Channel
  readonly #format: Format
  readonly #most: number
  #messages: Message[] = []
  #roomLeft = true

  constructor(channel: Channel, format: Format, most: number) {
    this.#channel = channel
    this.#format = format
    this.#most = most
  }

  send(message: Message): boolean {
    if (this.#messages.push(message) >= this.#most) this.#flush()
    else if (this.#messages.length === 1) process.nextTick(() => this.#flush())
    return this.#roomLeft
  }

  async drain(): Promise<void> {
    await this.#channel.drain()
    this.#roomLeft = true
  }

  close(): Promise<void> {
    this.#flush()
    return this.#channel.close()
  }

  #flush(): void {
    const messages = this.#messages
    if (messages.length === 0) return
    this.#messages = []
    this.#roomLeft = this.#channel.send(this.#format.encodeMany(messages, this.#channel.reserve))
  }
}
