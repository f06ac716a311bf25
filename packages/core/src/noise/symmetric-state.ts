// SymmetricState: Noise Protocol Framework, revision 34, §5.2, with HKDF of §4.3.
import { concatBytes } from '../crypto/bytes.js'
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf.js'
import { sha256 } from '../crypto/sha256.js'
import { StalkError } from '../errors.js'
import { CipherState } from './cipher-state.js'
import type { NoiseCipher, NoiseProtocol } from './suites.js'

/** What a handshake leaves behind. */
export interface TransportKeys {
  /** The initiator encrypts with it, the responder decrypts. */
  readonly initiatorToResponder: CipherState
  /** The responder encrypts with it, the initiator decrypts. */
  readonly responderToInitiator: CipherState
  /**
   * The third output of the HKDF in Split, from which further keys may be expanded: 32 bytes, secret, equal on both
   * sides; the caller owns and wipes it.
   */
  readonly exporterSecret: Uint8Array
}

/** A secret of a handshake, as a debugger wants it. */
export interface NoiseSecret {
  /** Handshake keys in the order in which they come into being, then what `split` gives. */
  readonly name: 'handshakeKey' | 'initiatorToResponder' | 'responderToInitiator' | 'exporterSecret'
  /** 32 bytes, borrowed for the call. */
  readonly secret: Uint8Array
}

/** Told of every secret: for key logs, never in ordinary operation. */
export type SecretObserver = (secret: NoiseSecret) => void

const hashBytes = 32
const noBytes = new Uint8Array()

/** The chaining key, the handshake hash, and the key of the moment. */
export class SymmetricState {
  readonly #cipher: NoiseCipher
  readonly #observeSecret: SecretObserver | undefined
  #chainingKey: Uint8Array
  #handshakeHash: Uint8Array
  #cipherState: CipherState
  #isConsumed = false

  /** InitializeSymmetric: starts with the name of the protocol. */
  constructor({ name, cipher }: Pick<NoiseProtocol, 'name' | 'cipher'>, observeSecret?: SecretObserver) {
    this.#cipher = cipher
    this.#observeSecret = observeSecret
    this.#handshakeHash = startHash(new TextEncoder().encode(name))
    this.#chainingKey = this.#handshakeHash.slice()
    this.#cipherState = new CipherState(cipher, null)
  }

  /** Whether what follows is encrypted. */
  get hasKey(): boolean {
    return this.#cipherState.hasKey
  }

  /** GetHandshakeHash: 32 bytes, a copy; not secret. */
  get handshakeHash(): Uint8Array {
    return this.#handshakeHash.slice()
  }

  /** MixKey. `inputKeyMaterial` is borrowed: its owner wipes it. */
  mixKey(inputKeyMaterial: Uint8Array): void {
    const output = this.#derive(inputKeyMaterial, 2)
    this.#setChainingKey(output)
    this.#setKey(output.subarray(hashBytes, 2 * hashBytes))
    output.fill(0)
  }

  /** MixHash. */
  mixHash(data: Uint8Array): void {
    this.#handshakeHash = sha256(concatBytes(this.#handshakeHash, data))
  }

  /** MixKeyAndHash, for pre-shared keys. `inputKeyMaterial` is borrowed: its owner wipes it. */
  mixKeyAndHash(inputKeyMaterial: Uint8Array): void {
    const output = this.#derive(inputKeyMaterial, 3)
    this.#setChainingKey(output)
    this.mixHash(output.subarray(hashBytes, 2 * hashBytes))
    this.#setKey(output.subarray(2 * hashBytes))
    output.fill(0)
  }

  /** EncryptAndHash: a new array, in clear as long as there is no key. */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipherState.encryptWithAd(this.#handshakeHash, plaintext)
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** DecryptAndHash: a new array. Throws `NOISE_DECRYPT_FAILED` for what does not authenticate, and changes nothing then. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipherState.decryptWithAd(this.#handshakeHash, ciphertext)
    if (plaintext === null) {
      throw new StalkError('NOISE_DECRYPT_FAILED', 'the handshake message does not authenticate')
    }
    this.mixHash(ciphertext)
    return plaintext
  }

  /** Split: both directions start from counter 0. Consumes the state like {@link wipe}. */
  split(): TransportKeys {
    const output = this.#derive(noBytes, 3)
    const keys = {
      initiatorToResponder: new CipherState(this.#cipher, output.subarray(0, hashBytes)),
      responderToInitiator: new CipherState(this.#cipher, output.subarray(hashBytes, 2 * hashBytes)),
      exporterSecret: output.slice(2 * hashBytes),
    }
    this.#observeSecret?.({ name: 'initiatorToResponder', secret: output.subarray(0, hashBytes) })
    this.#observeSecret?.({ name: 'responderToInitiator', secret: output.subarray(hashBytes, 2 * hashBytes) })
    this.#observeSecret?.({ name: 'exporterSecret', secret: keys.exporterSecret })
    output.fill(0)
    this.wipe()
    return keys
  }

  /** Overwrites the secrets; every later use of a key is a `TypeError`, the handshake hash remains. */
  wipe(): void {
    this.#chainingKey.fill(0)
    this.#cipherState.wipe()
    this.#isConsumed = true
  }

  /** HKDF (Noise §4.3) is that of RFC 5869 with the chaining key as salt and no info: one output after the other. */
  #derive(inputKeyMaterial: Uint8Array, outputs: 2 | 3): Uint8Array {
    if (this.#isConsumed) throw new TypeError('the symmetric state has been consumed')
    const pseudorandomKey = hkdfExtract(this.#chainingKey, inputKeyMaterial)
    const output = hkdfExpand(pseudorandomKey, noBytes, outputs * hashBytes)
    pseudorandomKey.fill(0)
    return output
  }

  #setChainingKey(output: Uint8Array): void {
    this.#chainingKey.set(output.subarray(0, hashBytes))
  }

  #setKey(key: Uint8Array): void {
    this.#cipherState.wipe()
    this.#cipherState = new CipherState(this.#cipher, key)
    this.#observeSecret?.({ name: 'handshakeKey', secret: key })
  }
}

/** Names of up to 32 bytes are padded with zeros, longer ones hashed (Noise §5.2). */
function startHash(name: Uint8Array): Uint8Array {
  if (name.length > hashBytes) return sha256(name)
  const padded = new Uint8Array(hashBytes)
  padded.set(name)
  return padded
}
