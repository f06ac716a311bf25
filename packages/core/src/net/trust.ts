import { StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import { expectPins, type PeerCheck, type Pin } from '../identity/pins.js'
import type { Protocol } from '../identity/rsa-rules.js'

/** Whom a connecting side reaches. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** What a connecting side knows of a server before it has shown its identity. */
export interface Expectation {
  /** Throws unless the identity, which the server has proved, is one to go on with. The server waits meanwhile. */
  readonly check: PeerCheck
  /** True: nothing is known of the server, and `check` lets any be it. `reconnecting` does that once, and goes on with that very one. */
  readonly isFirstUse?: boolean
  /**
   * After `check` threw PEER_UNKNOWN and the connection was given up: whether to connect once more, to that very identity. Without it
   * the answer is no. It may take its time: no deadline counts that, but the `signal` of the attempt gives up waiting.
   */
  readonly ask?: (identity: Identity) => Promise<boolean>
  /**
   * Once the connection is there. What it throws ends the connection.
   *
   * @param waiting.signal aborts when nobody waits for it any more: the connection has been given up
   */
  readonly remember?: (identity: Identity, waiting: { readonly signal?: AbortSignal }) => Promise<void>
}

/** Decides which servers to trust, such as {@link knownPeers}. */
export interface TrustPolicy {
  /** Asked before every attempt, whose time its answer takes. */
  expect(server: ServerAddress, protocol: Protocol): Promise<Expectation>
}

/** Whom to expect. */
export type ServerCheck =
  | {
      /**
       * Whom the server must prove to be: an identity, its text or its fingerprint, any of several of them, or what a policy such as
       * `knownPeers()` says.
       */
      readonly serverIdentity: Pin | readonly Pin[] | TrustPolicy
      readonly unverified?: false
    }
  | {
      /** True: connect without checking who the server is. Anybody on the line may then be the server. */
      readonly unverified: true
      readonly serverIdentity?: never
    }

/** The policy that options ask for; null: whoever answers. Throws TypeError, IDENTITY_TEXT_INVALID, IDENTITY_PROTOCOL. */
export function trustOf(options: object, protocol: Protocol): TrustPolicy | null {
  // Callers without types may say neither or both.
  const { serverIdentity, unverified } = options as { serverIdentity?: unknown; unverified?: unknown }
  if (serverIdentity === undefined && unverified !== true) {
    throw new TypeError(
      'connect needs to know whom to expect: pass serverIdentity (the server prints it, or `stalk id` on its machine), ' +
        'serverIdentity: knownPeers() for the servers in known_peers alone, ' +
        "serverIdentity: knownPeers({ policy: 'accept-new' }) to trust on first use, " +
        'or unverified: true to connect to whoever answers',
    )
  }
  if (serverIdentity !== undefined && unverified === true) {
    throw new TypeError('pass either serverIdentity or unverified: true, not both')
  }
  if (serverIdentity === undefined) return null
  if (isPolicy(serverIdentity)) return serverIdentity
  const check = expectPins((Array.isArray(serverIdentity) ? serverIdentity : [serverIdentity]) as Pin[], protocol)
  return { expect: () => Promise.resolve({ check }) }
}

/** Whether a check says that nothing is known of the server. */
export function isUnknownPeer(error: unknown): boolean {
  return error instanceof StalkError && error.code === 'PEER_UNKNOWN'
}

function isPolicy(value: unknown): value is TrustPolicy {
  return typeof value === 'object' && value !== null && 'expect' in value && typeof value.expect === 'function'
}
