import { concatBytes } from '../crypto/bytes.js'
import type { X25519KeyPair } from '../crypto/x25519.js'
import { requirePrivate, requireProtocol, type Identity } from '../identity/identity.js'
import type { Limits } from '../limits.js'
import { HandshakeState } from '../noise/handshake-state.js'
import { frameHandshakeMessage } from './handshake-message.js'
import { proofBytes, signatureBytesOf, verifyProof } from './identity-proof.js'
import { keyLogObserver, type KeyLog } from './key-log.js'
import { encodeUnsigned, readPayload, withSignature, type Payload } from './payload.js'
import { acceptedReply } from './preamble.js'
import type { Suite } from './suites.js'
import { splitKeys, type TransportKeys } from './transport-keys.js'

export interface ResponderOptions {
  readonly identity: Identity
  /** Those that are accepted; which one is taken is for the initiator to prefer. */
  readonly suites: readonly Suite[]
  /** Whether peers without an identity may come in. */
  readonly allowAnonymous: boolean
  /** Null: none, and none may be asked for. */
  readonly applicationProtocols: readonly string[] | null
  readonly limits: Limits
  /** Gives a fresh key pair at each call: the static one first, then the ephemeral one. */
  readonly generateKeyPair: () => X25519KeyPair
  readonly keyLog?: KeyLog | undefined
}

/** Throws what is wrong with our own identity: IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
export function requireResponderIdentity(identity: Identity): void {
  requireProtocol(identity, 'stalk/2', 'your identity')
  requirePrivate(identity)
}

/** What the initiator said in C. */
export interface InitiatorClaims {
  /** As it came, of whatever form. */
  readonly payload: Uint8Array
  /** h of the moment at which the initiator signed. */
  readonly handshakeHash: Uint8Array
  readonly staticPublicKey: Uint8Array
}

const noBytes = new Uint8Array()

/** The side that was connected to, message by message, once the suite is agreed: takes A, sends B, takes C (SPEC, stalk/2 §4, §5). */
export class Responder {
  readonly options: ResponderOptions
  readonly suite: Suite
  readonly #staticKeys: X25519KeyPair
  readonly #handshake: HandshakeState
  /** The payload of B up to its signature. */
  readonly #unsigned: Uint8Array
  #initiatorEphemeral: Uint8Array = noBytes

  constructor(options: ResponderOptions, suite: Suite, prologue: Uint8Array) {
    const { identity, generateKeyPair, keyLog } = options
    this.suite = suite
    this.options = options
    this.#unsigned = encodeUnsigned({ identity: identity.spki }, signatureBytesOf(identity))
    this.#staticKeys = generateKeyPair()
    this.#handshake = new HandshakeState({
      protocolName: suite.noiseName,
      role: 'responder',
      prologue,
      staticKeys: this.#staticKeys,
      generateEphemeral: generateKeyPair,
      observeSecret: keyLog && keyLogObserver(keyLog, () => this.#initiatorEphemeral),
    })
  }

  /** Checks A. Gives the bytes that our identity must sign for B. Throws NOISE_*, SHARED_SECRET_ZERO, STALK2_PAYLOAD_*. */
  onA(messageA: Uint8Array): Uint8Array {
    const { payload } = this.#handshake.readMessage(messageA)
    this.#initiatorEphemeral = messageA.slice(0, 32)
    readPayload(payload, 'A')
    const handshakeHash = this.#handshake.beginMessage()
    const staticPublicKey = this.#staticKeys.publicKey
    const suiteId = this.suite.id
    return proofBytes({ role: 'responder', suiteId, handshakeHash, staticPublicKey, serverSpki: null }, this.#unsigned)
  }

  /** Gives the answer with B. */
  answer(signature: Uint8Array): Uint8Array {
    const messageB = this.#handshake.finishMessage(withSignature(this.#unsigned, signature))
    return concatBytes(acceptedReply, frameHandshakeMessage(messageB))
  }

  /** Decrypts C: from here on there are keys, whatever C says. Throws NOISE_*, SHARED_SECRET_ZERO. */
  onC(messageC: Uint8Array): { readonly keys: TransportKeys; readonly claims: InitiatorClaims } {
    const { payload, hashBeforePayload: handshakeHash } = this.#handshake.readMessage(messageC)
    const staticPublicKey = this.#handshake.remoteStatic ?? noBytes
    return { keys: splitKeys(this.#handshake, 'responder'), claims: { payload, handshakeHash, staticPublicKey } }
  }

  /** Gives up before C: overwrites the secrets. */
  wipe(): void {
    this.#handshake.wipe()
  }

  /**
   * Who the initiator proved to be; null: nobody, it is anonymous.
   *
   * @param payload that of the claims, read
   *
   * Throws STALK2_IDENTITY_INCOMPLETE, SPKI_INVALID, ED25519_KEY_INVALID, RSA_*, STALK2_SIGNATURE_INVALID.
   */
  verify(payload: Payload, { handshakeHash, staticPublicKey }: InitiatorClaims): Identity | null {
    const { identity, limits } = this.options
    const serverSpki = identity.spki
    const suiteId = this.suite.id
    return verifyProof(payload, { role: 'initiator', suiteId, handshakeHash, staticPublicKey, serverSpki }, limits)
  }
}
