// What peers/secret-stream.ts uses of a package that has no types.
declare module '@hyperswarm/secret-stream' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'

  export interface KeyPair {
    readonly publicKey: Buffer
    readonly secretKey: Buffer
  }

  export default class SecretStream extends EventEmitter {
    static keyPair(): KeyPair
    constructor(isInitiator: boolean, raw: Duplex, options: { readonly keyPair: KeyPair })
    readonly opened: Promise<boolean>
    readonly remotePublicKey: Buffer
    write(bytes: Uint8Array): boolean
    end(): void
  }
}
