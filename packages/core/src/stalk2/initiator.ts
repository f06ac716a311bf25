import type { X25519KeyPair } from '../crypto/x25519.js'
import { concatBytes } from '../crypto/bytes.js'
import { StalkError } from '../errors.js'
import { requirePrivate, requireProtocol, type Identity } from '../identity/identity.js'
import type { PeerCheck } from '../identity/pins.js'
import { channelTerms, type Limits } from '../limits.js'
import { HandshakeState } from '../noise/handshake-state.js'
import { frameHandshakeMessage } from './handshake-message.js'
import { proofBytes, signatureBytesOf, verifyProof } from './identity-proof.js'
import { keyLogObserver, type KeyLog } from './key-log.js'
import { encodeUnsigned, readPayload, withSignature } from './payload.js'
import { encodePreamble, encodePrologue } from './preamble.js'
import type { Suite } from './suites.js'
import { splitKeys, type TransportKeys } from './transport-keys.js'

export interface InitiatorOptions {
  /** Null: anonymous. */
  readonly identity: Identity | null
  /** Whether the responder, who has proved its identity, is expected; null: it may be whoever answers. */
  readonly checkServer: PeerCheck | null
  /** By preference; not empty. */
  readonly suites: readonly Suite[]
  /** By preference; null: none. */
  readonly applicationProtocols: readonly string[] | null
  readonly limits: Limits
  /** Gives a fresh key pair at each call: the static one first, then the ephemeral one, both again after a retry. */
  readonly generateKeyPair: () => X25519KeyPair
  readonly keyLog?: KeyLog | undefined
}

const noPayload = new Uint8Array()

/** The side that opened the connection, message by message: sends A, takes B, sends C (SPEC, stalk/2 §3 to §5). */
export class Initiator {
  readonly options: InitiatorOptions
  readonly #preamble: Uint8Array
  #suite: Suite
  #attempt: Attempt
  #responder: Identity | null = null
  /** The payload of C up to its signature. */
  #unsigned: Uint8Array = noPayload

  /** Throws IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
  constructor(options: InitiatorOptions) {
    if (options.identity !== null) {
      requireProtocol(options.identity, 'stalk/2', 'your identity')
      requirePrivate(options.identity)
    }
    this.options = options
    this.#preamble = encodePreamble(options.suites.map(({ id }) => id))
    const [suite] = options.suites
    if (suite === undefined) throw new RangeError('at least one suite is needed')
    this.#suite = suite
    this.#attempt = begin(options, suite, encodePrologue(this.#preamble, null))
  }

  /** The suite of the current attempt. */
  get suite(): Suite {
    return this.#suite
  }

  /** Preamble and first A. */
  opening(): Uint8Array {
    return concatBytes(this.#preamble, this.#attempt.messageA)
  }

  /** Begins anew with the suite that the responder wants: gives the new A. Throws STALK2_RETRY_INVALID. */
  onRetry(suiteId: number): Uint8Array {
    const { suites } = this.options
    const suite = suites.find(({ id }) => id === suiteId)
    if (suite === undefined) {
      throw new StalkError('STALK2_RETRY_INVALID', `the peer asks for suite ${suiteId}, which was not offered`)
    }
    if (suite === suites[0]) {
      throw new StalkError('STALK2_RETRY_INVALID', `the peer asks for suite ${suiteId}, which was tried`)
    }
    const prologue = encodePrologue(this.#preamble, { firstMessage: this.#attempt.messageA, suiteId })
    this.wipe()
    this.#suite = suite
    this.#attempt = begin(this.options, suite, prologue)
    return this.#attempt.messageA
  }

  /**
   * Checks B, proof and pin included. Gives the bytes that our identity must sign for C; null without an identity.
   *
   * Throws NOISE_*, SHARED_SECRET_ZERO, STALK2_PAYLOAD_*, STALK2_IDENTITY_INCOMPLETE, SPKI_INVALID, ED25519_KEY_INVALID, RSA_*,
   * STALK2_SIGNATURE_INVALID, PIN_MISMATCH.
   */
  onB(messageB: Uint8Array): Uint8Array | null {
    const { identity, limits, applicationProtocols } = this.options
    const { handshake, staticKeys } = this.#attempt
    const suiteId = this.#suite.id
    const { payload, hashBeforePayload } = handshake.readMessage(messageB)
    const staticPublicKey = handshake.remoteStatic ?? noPayload
    const context = {
      role: 'responder',
      suiteId,
      handshakeHash: hashBeforePayload,
      staticPublicKey,
      serverSpki: null,
    } as const
    const responder = verifyProof(readPayload(payload, 'B'), context, limits)
    if (responder === null) {
      throw new StalkError('STALK2_IDENTITY_INCOMPLETE', 'the listening side shows no identity')
    }
    this.options.checkServer?.(responder)
    this.#responder = responder

    const handshakeHash = handshake.beginMessage()
    const { maxMessageBytes } = limits
    const channels = channelTerms(limits)
    const fields = { identity: identity?.spki ?? null, maxMessageBytes, applicationProtocols, channels }
    this.#unsigned = encodeUnsigned(fields, identity === null ? 0 : signatureBytesOf(identity))
    if (identity === null) return null
    const serverSpki = responder.spki
    const own = {
      role: 'initiator',
      suiteId,
      handshakeHash,
      staticPublicKey: staticKeys.publicKey,
      serverSpki,
    } as const
    return proofBytes(own, this.#unsigned)
  }

  /** Gives C and what follows from it. `signature` is null without an identity. */
  finish(signature: Uint8Array | null): {
    readonly messageC: Uint8Array
    readonly keys: TransportKeys
    readonly responder: Identity
  } {
    const { handshake } = this.#attempt
    const responder = this.#responder
    if (responder === null) throw new TypeError('B comes first')
    const payload = signature === null ? this.#unsigned : withSignature(this.#unsigned, signature)
    const messageC = frameHandshakeMessage(handshake.finishMessage(payload))
    return { messageC, keys: splitKeys(handshake, 'initiator'), responder }
  }

  /** Gives up before C: overwrites the secrets. */
  wipe(): void {
    this.#attempt.handshake.wipe()
  }
}

/** A handshake whose A is made. */
interface Attempt {
  readonly handshake: HandshakeState
  readonly staticKeys: X25519KeyPair
  /** With its length prefix. */
  readonly messageA: Uint8Array
}

function begin({ generateKeyPair, keyLog }: InitiatorOptions, suite: Suite, prologue: Uint8Array): Attempt {
  const staticKeys = generateKeyPair()
  let ephemeral: Uint8Array = noPayload
  const handshake = new HandshakeState({
    protocolName: suite.noiseName,
    role: 'initiator',
    prologue,
    staticKeys,
    generateEphemeral: () => {
      const keys = generateKeyPair()
      ephemeral = keys.publicKey
      return keys
    },
    observeSecret: keyLog && keyLogObserver(keyLog, () => ephemeral),
  })
  return { handshake, staticKeys, messageA: frameHandshakeMessage(handshake.writeMessage(noPayload)) }
}
