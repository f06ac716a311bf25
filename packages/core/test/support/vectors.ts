import { readFileSync } from 'node:fs'
import path from 'node:path'
import { x25519KeyPairFrom, type X25519KeyPair } from '#src/crypto/x25519.js'
import { Identity } from '#src/identity/identity.js'

const folder = path.resolve(import.meta.dirname, '../../../../test-vectors/v1')

interface RecordedIdentity {
  readonly keysize: number
  readonly e: string
  readonly n: string
  readonly d: string
}

interface RecordedKeyPair {
  readonly private: string
  readonly public: string
}

interface RecordedMessage {
  readonly dir: 'c2s' | 's2c'
  readonly plain: string
  readonly packet: string
}

/** One of the recorded conversations between two processes of the original. */
export interface Transcript {
  readonly name: string
  readonly pinned: boolean
  readonly client_identity: RecordedIdentity
  readonly server_identity: RecordedIdentity
  readonly client_ephemeral: RecordedKeyPair
  readonly server_ephemeral: RecordedKeyPair
  readonly iv: string
  readonly hello: { readonly packet: string }
  readonly ack: { readonly packet: string }
  readonly fin: { readonly packet: string }
  readonly messages: readonly RecordedMessage[]
  readonly wire: readonly { readonly dir: 'c2s' | 's2c'; readonly hex: string }[]
}

export const transcripts = (
  JSON.parse(readFileSync(path.join(folder, 'handshake.json'), 'utf8')) as { transcripts: Transcript[] }
).transcripts

export function recordedIdentity({ n, e, d }: RecordedIdentity): Identity {
  return Identity.fromRsa({ n: BigInt(n), e: BigInt(e), d: BigInt(d) }, 'stalk/1', { minBits: 1024 })
}

export function recordedKeyPair(recorded: RecordedKeyPair): X25519KeyPair {
  return x25519KeyPairFrom(bytes(recorded.private), bytes(recorded.public))
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex')
}
