import { concatBytes } from '../crypto/bytes.js'
import { sha256 } from '../crypto/sha256.js'

/** Noise’s h, from bytes of the wire alone (SPEC, stalk/2 §4): whoever watches can follow it. */
export class HandshakeHash {
  #hash: Uint8Array

  constructor(protocolName: string, prologue: Uint8Array) {
    const name = new TextEncoder().encode(protocolName)
    const padded = new Uint8Array(32)
    padded.set(name)
    this.#hash = sha256(concatBytes(padded, prologue))
  }

  /** 32 bytes. */
  get value(): Uint8Array {
    return this.#hash
  }

  /** Goes on with what was sent next. */
  mix(bytes: Uint8Array): void {
    this.#hash = sha256(concatBytes(this.#hash, bytes))
  }
}
