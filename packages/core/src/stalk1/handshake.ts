import { encode, type Spack } from '@stalk/spack'
import { sha256 } from '../crypto/sha256.js'
import { x25519, type X25519KeyPair } from '../crypto/x25519.js'
import { StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import type { PeerCheck } from '../identity/pins.js'
import type { Limits } from '../limits.js'
import { DataChannel, readCiphertext } from './data-channel.js'
import { ackPacket, checkFin, finPacket, helloPacket, readAck, readHello } from './messages.js'
import { makeOffer, verifyOffer } from './offer.js'

/** What a handshake ends with. */
export interface Established {
  readonly peerIdentity: Identity
  readonly channel: DataChannel
}

export interface InitiatorOptions {
  readonly identity: Identity
  /** Whether the identity that the server announces is expected; null: it may be any. */
  readonly checkServer: PeerCheck | null
  /** Fresh for every connection. */
  readonly ephemeral: X25519KeyPair
  /** 16 bytes, fresh from a cryptographically secure source for every connection. */
  readonly iv: Uint8Array
  readonly limits: Limits
}

/** The side that opened the connection: sends the hello, takes the ack, sends the fin (SPEC, stalk/1 §4). */
export class Initiator {
  readonly #options: InitiatorOptions

  constructor(options: InitiatorOptions) {
    this.#options = options
  }

  /** The bytes of the hello. Throws IDENTITY_PROTOCOL, IDENTITY_PRIVATE_MISSING. */
  hello(): Uint8Array {
    const { identity, ephemeral, iv } = this.#options
    return classic(helloPacket({ ...makeOffer(identity, ephemeral), iv }))
  }

  /** Checks the ack; the fin is the first thing that the channel seals. */
  onAck(packet: Spack): Established & { readonly fin: Uint8Array } {
    const { checkServer, ephemeral, iv, limits } = this.#options
    const ack = readAck(packet)
    const peerIdentity = verifyOffer(ack, { ownEphemeral: ephemeral.publicKey, checkPeer: checkServer, limits })
    const channel = openChannel(ephemeral, ack.ephemeral, iv, limits)
    return { peerIdentity, channel, fin: channel.seal(classic(finPacket())) }
  }
}

export interface ResponderOptions {
  readonly identity: Identity
  /** Fresh for every connection. */
  readonly ephemeral: X25519KeyPair
  readonly limits: Limits
}

/** The side that was connected to: takes the hello, sends the ack, takes the fin (SPEC, stalk/1 §4). */
export class Responder {
  readonly #options: ResponderOptions

  constructor(options: ResponderOptions) {
    this.#options = options
  }

  /** Checks the hello and answers with the bytes of the ack. Whoever sent it may not hold the session key: see {@link onFin}. */
  onHello(packet: Spack): { readonly ack: Uint8Array; readonly unconfirmed: Established } {
    const { identity, ephemeral, limits } = this.#options
    const hello = readHello(packet)
    if (hello.iv.length !== 16) {
      throw new StalkError(
        'STALK1_IV_LENGTH',
        `an initialisation vector has 16 bytes, the peer’s has ${hello.iv.length}`,
      )
    }
    const peerIdentity = verifyOffer(hello, { ownEphemeral: ephemeral.publicKey, checkPeer: null, limits })
    const channel = openChannel(ephemeral, hello.ephemeral, hello.iv, limits)
    const ack = classic(ackPacket(makeOffer(identity, ephemeral)))
    return { ack, unconfirmed: { peerIdentity, channel } }
  }

  /** Checks the fin: only now is it sure that the peer holds the session key. */
  onFin(packet: Spack, unconfirmed: Established): Established {
    try {
      checkFin(unconfirmed.channel.open(readCiphertext(packet)))
    } catch (error) {
      if (error instanceof StalkError && error.code === 'STALK1_OUT_OF_STEP') {
        throw new StalkError('STALK1_FIN_INVALID', 'the fin does not decrypt: the two sides do not share a key')
      }
      throw error
    }
    return unconfirmed
  }
}

/** The shared secret is the key as it is: the format has no key derivation. */
function openChannel(own: X25519KeyPair, peer: Uint8Array, iv: Uint8Array, limits: Limits): DataChannel {
  const secret = x25519(own, peer)
  const channel = new DataChannel(secret, iv, limits.maxMessageBytes)
  secret.fill(0)
  return channel
}

function classic(packet: Spack): Uint8Array {
  return encode(packet, { form: 'classic', sha256 })
}
