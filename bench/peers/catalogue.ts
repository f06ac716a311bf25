import type { Peer } from '../link/peer.js'

/** What is known of a peer without loading it: each process loads only its own. */
export interface PeerEntry {
  readonly name: string
  readonly module: string
  /** False: what encryption is measured against. */
  readonly encrypted: boolean
  /** True: ours, and nothing that we are compared with. */
  readonly own?: true
  /** True: what the machine can do. */
  readonly limit?: true
  /** True: many messages are sent as one, by hand. */
  readonly batched?: true
  /** True: its sides cannot talk at the same time. */
  readonly takesTurns?: true
  /** True: differs from another peer only for structured messages. */
  readonly readingsOnly?: true
}

/** In the order of the tables. */
export const catalogue: readonly PeerEntry[] = [
  { name: 'stalk', module: 'stalk', encrypted: true, own: true },
  { name: 'stalk-schema', module: 'stalk', encrypted: true, own: true, readingsOnly: true },
  { name: 'stalk-1', module: 'stalk', encrypted: true, own: true, takesTurns: true },
  { name: 'tls', module: 'tls', encrypted: true },
  { name: 'tls-batched', module: 'tls', encrypted: true, batched: true },
  { name: 'secret-stream', module: 'secret-stream', encrypted: true },
  { name: 'secret-stream-batched', module: 'secret-stream', encrypted: true, batched: true },
  { name: 'libp2p-noise', module: 'libp2p-noise', encrypted: true },
  { name: 'libp2p-noise-batched', module: 'libp2p-noise', encrypted: true, batched: true },
  { name: 'ws', module: 'ws', encrypted: true },
  { name: 'ws-batched', module: 'ws', encrypted: true, batched: true },
  { name: 'grpc', module: 'grpc', encrypted: true },
  { name: 'zeromq', module: 'zeromq', encrypted: true },
  { name: 'zeromq-batched', module: 'zeromq', encrypted: true, batched: true },
  { name: 'nats', module: 'nats', encrypted: true },
  { name: 'nats-batched', module: 'nats', encrypted: true, batched: true },
  { name: 'tcp', module: 'tcp', encrypted: false },
  { name: 'tcp-batched', module: 'tcp', encrypted: false, batched: true },
  { name: 'raw', module: 'raw', encrypted: false, limit: true },
]

export async function loadPeer({ name, module }: Pick<PeerEntry, 'name' | 'module'>): Promise<Peer> {
  const { peers } = (await import(`./${module}.js`)) as { readonly peers: readonly Peer[] }
  return peers.find((peer) => peer.name === name)!
}
