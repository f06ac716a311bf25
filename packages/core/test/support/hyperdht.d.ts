/* eslint no-restricted-exports: off -- they export defaults */
// What the tests use of hyperdht, which has no types of its own.
declare module 'hyperdht' {
  const Hyperdht: { keyPair(): { readonly publicKey: Buffer } }
  export default Hyperdht
}

declare module 'hyperdht/testnet.js' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'

  interface Node {
    createServer(): EventEmitter & { listen(keyPair: object): Promise<void> }
    connect(publicKey: Buffer): Duplex
  }
  const createTestnet: (
    size: number,
    options: { readonly host: string },
  ) => Promise<{ createNode(): Node; destroy(): Promise<void> }>
  export default createTestnet
}
