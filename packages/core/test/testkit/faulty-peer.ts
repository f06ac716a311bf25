// The other side of a transcript: a peer that does as the protocol says, but for what it is told to do otherwise.
import type { X25519KeyPair } from '#src/crypto/x25519.js'
import { HandshakeState } from '#src/noise/handshake-state.js'
import { ByteQueue } from '#src/stalk2/byte-queue.js'
import { frameHandshakeMessage } from '#src/stalk2/handshake-message.js'
import { proofBytes, type ProofContext } from '#src/stalk2/identity-proof.js'
import { encodeUnsigned, withSignature, type PayloadFields } from '#src/stalk2/payload.js'
import { encodePreamble, encodePrologue, type Retry } from '#src/stalk2/preamble.js'
import { RecordOpener, RecordSealer } from '#src/stalk2/record-layer.js'
import { suiteOf } from '#src/stalk2/suites.js'
import type { Change } from './changes.js'
import { fixedIdentity, fixedSignature, fixedX25519 } from './fixed-keys.js'

/** What a peer does, and what it does otherwise. */
export interface PeerPlan {
  /** Null: anonymous. */
  readonly identity?: string | null
  /** An initiator’s suites and flags; the suite that a responder takes. */
  readonly offers?: readonly number[]
  readonly flags?: number
  readonly suite?: number
  /** What it says in its payload besides. */
  readonly fields?: PayloadFields
  /** The preamble and the retry that it takes to have been sent. */
  readonly believedPreamble?: Change
  readonly believedRetry?: Retry | null
  /** The payload of A. */
  readonly payloadA?: Uint8Array
  /** A as a Noise message, and with its length. */
  readonly messageA?: Change
  readonly framedA?: Change
  /** The payload of B or C before it is signed, its proof, and the payload whole. */
  readonly unsigned?: Change
  readonly proof?: (context: ProofContext) => Partial<ProofContext>
  readonly signer?: string
  readonly saltBytes?: number
  readonly signature?: Change
  readonly payload?: Change
  /** B or C as a Noise message, and with its length. */
  readonly message?: Change
  readonly framed?: Change
  /** Its static key is 32 zeros. */
  readonly zeroStatic?: boolean
  /** Its ephemeral key has bit 255 set. */
  readonly highBit?: boolean
}

/** A handshake under a plan, in either role; its records afterwards. */
export class FaultyPeer {
  readonly #role: 'initiator' | 'responder'
  readonly #plan: PeerPlan
  readonly #suiteId: number
  readonly #noise: HandshakeState
  readonly #staticPublicKey: Uint8Array
  readonly #queue = new ByteQueue()
  #sealer: RecordSealer | null = null
  #opener: RecordOpener | null = null

  constructor(
    role: 'initiator' | 'responder',
    plan: PeerPlan,
    {
      suiteId,
      preamble,
      retry,
    }: { readonly suiteId: number; readonly preamble: Uint8Array; readonly retry: Retry | null },
  ) {
    this.#role = role
    this.#plan = plan
    this.#suiteId = suiteId
    const fixed = fixedX25519(`peer ${role} static`)
    const staticKeys = plan.zeroStatic ? { ...fixed, publicKey: new Uint8Array(32) } : fixed
    this.#staticPublicKey = staticKeys.publicKey
    const believedRetry = plan.believedRetry === undefined ? retry : plan.believedRetry
    this.#noise = new HandshakeState({
      protocolName: suiteOf(suiteId)!.noiseName,
      role,
      prologue: encodePrologue(plan.believedPreamble?.(preamble) ?? preamble, believedRetry),
      staticKeys,
      generateEphemeral: () => ephemeralKeys(role, plan),
    })
  }

  static preamble({ offers = [1, 2], flags = 0 }: PeerPlan): Uint8Array {
    return encodePreamble(offers, flags)
  }

  /** A, with its length. */
  messageA(): Uint8Array {
    const { payloadA = new Uint8Array(), messageA = same, framedA = same } = this.#plan
    return framedA(frameHandshakeMessage(messageA(this.#noise.writeMessage(payloadA))))
  }

  /** Takes A or B, without its length. */
  read(message: Uint8Array): void {
    this.#noise.readMessage(message)
  }

  /** B or C, with its length; `serverSpki` is for C. After C, and after C was read, records can be sealed and opened. */
  provenMessage(serverSpki: Uint8Array | null): Uint8Array {
    const { unsigned: changeUnsigned = same, payload: changePayload = same, message = same, framed = same } = this.#plan
    const handshakeHash = this.#noise.beginMessage()
    const identity = this.#identity()
    const unsigned = changeUnsigned(this.#unsigned(identity))
    const payload =
      identity === null
        ? unsigned
        : withSignature(unsigned, this.#signature(identity, { handshakeHash, serverSpki, unsigned }))
    return framed(frameHandshakeMessage(message(this.#noise.finishMessage(changePayload(payload)))))
  }

  split(): void {
    const { initiatorToResponder, responderToInitiator } = this.#noise.split()
    const isInitiator = this.#role === 'initiator'
    this.#sealer = new RecordSealer(isInitiator ? initiatorToResponder : responderToInitiator)
    this.#opener = new RecordOpener(isInitiator ? responderToInitiator : initiatorToResponder)
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return this.#sealer!.seal(plaintext)
  }

  /** The plaintexts of the records in these bytes. */
  open(bytes: Uint8Array): Uint8Array[] {
    if (this.#opener === null) return []
    this.#queue.push(bytes)
    const plaintexts: Uint8Array[] = []
    for (let next = this.#opener.next(this.#queue); next !== null; next = this.#opener.next(this.#queue))
      plaintexts.push(next)
    return plaintexts
  }

  #identity(): ReturnType<typeof fixedIdentity> | null {
    const { identity = this.#role === 'initiator' ? 'alice' : 'bob' } = this.#plan
    return identity === null ? null : fixedIdentity(identity)
  }

  #unsigned(identity: ReturnType<typeof fixedIdentity> | null): Uint8Array {
    const limit = this.#role === 'initiator' ? { maxMessageBytes: 16_777_216 } : {}
    const { modulusLength = 512 } = identity?.privateKey.asymmetricKeyDetails ?? {}
    return encodeUnsigned(
      { ...limit, identity: identity?.spki ?? null, ...this.#plan.fields },
      identity === null ? 0 : modulusLength / 8,
    )
  }

  #signature(
    identity: ReturnType<typeof fixedIdentity>,
    { unsigned, ...known }: { handshakeHash: Uint8Array; serverSpki: Uint8Array | null; unsigned: Uint8Array },
  ): Uint8Array {
    const { proof, signer, saltBytes, signature = same } = this.#plan
    const context: ProofContext = {
      role: this.#role,
      suiteId: this.#suiteId,
      staticPublicKey: this.#staticPublicKey,
      ...known,
    }
    const signed = proofBytes({ ...context, ...proof?.(context) }, unsigned)
    return signature(fixedSignature(signer === undefined ? identity : fixedIdentity(signer), signed, saltBytes))
  }
}

function ephemeralKeys(role: string, { highBit = false }: PeerPlan): X25519KeyPair {
  const keys = fixedX25519(`peer ${role} ephemeral`)
  return highBit ? { ...keys, publicKey: keys.publicKey.with(31, keys.publicKey[31]! | 0x80) } : keys
}

function same(bytes: Uint8Array): Uint8Array {
  return bytes
}
