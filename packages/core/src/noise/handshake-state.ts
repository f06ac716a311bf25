// HandshakeState: Noise Protocol Framework, revision 34, §5.3, with pre-shared keys of §9.
import { concatBytes } from '../crypto/bytes.js'
import { x25519, type X25519KeyPair } from '../crypto/x25519.js'
import { StalkError } from '../errors.js'
import { keyBytes, tagBytes } from './cipher-state.js'
import type { Token } from './patterns.js'
import { type NoiseProtocol, parseProtocolName } from './suites.js'
import { type SecretObserver, SymmetricState, type TransportKeys } from './symmetric-state.js'

/** The initiator writes the first message. */
export type Role = 'initiator' | 'responder'

/** What a handshake starts from. Keys that the pattern has no use for are refused, as missing ones are. */
export interface HandshakeOptions {
  /** For example `Noise_XX_25519_AESGCM_SHA256`. */
  readonly protocolName: string
  readonly role: Role
  /** What both sides must agree about; borrowed. Default: nothing. */
  readonly prologue?: Uint8Array
  /** Our static key pair, for patterns that have one. */
  readonly staticKeys?: X25519KeyPair
  /** The peer’s static public key, for patterns where it is known beforehand: 32 bytes, copied. */
  readonly remoteStatic?: Uint8Array
  /** One key of 32 bytes for each `psk` of the pattern, in the order of use; copied. */
  readonly psks?: readonly Uint8Array[]
  /** Gives a fresh key pair, never used before, when the handshake gets to it: once. */
  readonly generateEphemeral: () => X25519KeyPair
  /** For key logs only. */
  readonly observeSecret?: SecretObserver | undefined
}

/** A message that was read. */
export interface ReceivedMessage {
  /** In a new array. */
  readonly payload: Uint8Array
  /** h after the last token and before the payload, 32 bytes: what the writer got from `beginMessage`. */
  readonly hashBeforePayload: Uint8Array
}

/** What a completed handshake gives. */
export interface HandshakeResult extends TransportKeys {
  /** The final h (Noise §11.2, channel binding): 32 bytes, unique to this handshake, not secret. */
  readonly handshakeHash: Uint8Array
}

/** The longest Noise message: Noise §3. */
const maxMessageBytes = 65_535

/**
 * One side of a handshake. Messages alternate, the initiator’s first; after the last one `split` gives the keys and
 * consumes the handshake.
 *
 * What the peer does wrong is a `StalkError`, which poisons: secrets are wiped, and every later call throws the same
 * error. What the caller does wrong (wrong turn, too early, too late, a payload too long) is a `TypeError` or
 * `RangeError`, and changes nothing.
 */
export class HandshakeState {
  readonly #symmetric: SymmetricState
  readonly #messages: readonly (readonly Token[])[]
  readonly #isPsk: boolean
  readonly #role: Role
  readonly #staticKeys: X25519KeyPair | undefined
  readonly #generateEphemeral: () => X25519KeyPair
  readonly #psks: Uint8Array[]
  #remoteStatic: Uint8Array | undefined
  #ephemeralKeys: X25519KeyPair | undefined
  #remoteEphemeral: Uint8Array | undefined
  #index = 0
  /** The parts of a message which was begun and not yet finished. */
  #begun: Uint8Array | undefined
  #isSplit = false
  #failure: StalkError | undefined

  /**
   * Initialize.
   *
   * Throws `TypeError` for a protocol that this engine does not have, and for keys which the pattern wants and the
   * options lack or the reverse; `RangeError` for keys that are not 32 bytes.
   */
  constructor(options: HandshakeOptions) {
    const protocol = parseProtocolName(options.protocolName)
    requireKeys(options, protocol)
    const { initiatorKnown, responderKnown, messages } = protocol.pattern
    this.#role = options.role
    this.#messages = messages
    this.#staticKeys = options.staticKeys
    // not slice(): a Buffer’s shares memory
    this.#remoteStatic = options.remoteStatic && new Uint8Array(options.remoteStatic)
    this.#generateEphemeral = options.generateEphemeral
    this.#psks = options.psks?.map((psk) => new Uint8Array(psk)) ?? []
    this.#isPsk = this.#psks.length > 0
    this.#symmetric = new SymmetricState(protocol, options.observeSecret)
    this.#symmetric.mixHash(options.prologue ?? new Uint8Array())
    const [initiatorStatic, responderStatic] = this.#isInitiator
      ? [this.#staticKeys?.publicKey, this.#remoteStatic]
      : [this.#remoteStatic, this.#staticKeys?.publicKey]
    if (initiatorKnown) this.#symmetric.mixHash(present(initiatorStatic))
    if (responderKnown) this.#symmetric.mixHash(present(responderStatic))
  }

  /** Whether all messages have been written and read: now `split`. */
  get isComplete(): boolean {
    return this.#index === this.#messages.length
  }

  /** Whether the next message is ours to write. False when complete. */
  get isOurTurn(): boolean {
    return !this.isComplete && (this.#index % 2 === 0) === this.#isInitiator
  }

  /** The peer’s static public key, 32 bytes, a copy; `undefined` before it is known. Of itself it proves nothing. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic?.slice()
  }

  /** Writes the next message as a whole: `beginMessage` and `finishMessage` in one. */
  writeMessage(payload: Uint8Array): Uint8Array {
    this.beginMessage()
    return this.finishMessage(payload)
  }

  /**
   * WriteMessage, up to its last token: everything but the payload. Returns h as it is now, 32 bytes, a copy: a payload
   * may contain a signature over it.
   *
   * Throws `SHARED_SECRET_ZERO`; `TypeError` when it is not our turn or a message was begun.
   */
  beginMessage(): Uint8Array {
    this.#requireAlive()
    if (!this.isOurTurn) throw new TypeError('it is not our turn to write')
    if (this.#begun !== undefined) throw new TypeError('a message was begun: finish it')
    return this.#poisoning(() => {
      this.#begun = concatBytes(...this.#tokens().map((token) => this.#writeToken(token)))
      return this.#symmetric.handshakeHash
    })
  }

  /**
   * WriteMessage, the rest of it. Returns the whole message in a new array.
   *
   * Throws `RangeError` when the message would be longer than 65,535 bytes: another payload may be tried;
   * `TypeError` when no message was begun.
   *
   * @param payload borrowed; may be empty
   */
  finishMessage(payload: Uint8Array): Uint8Array {
    this.#requireAlive()
    const begun = this.#begun
    if (begun === undefined) throw new TypeError('no message was begun')
    const room = maxMessageBytes - begun.length - (this.#symmetric.hasKey ? tagBytes : 0)
    if (payload.length > room)
      throw new RangeError(`payload is ${payload.length} bytes, the message has room for ${room}`)
    return this.#poisoning(() => {
      const message = concatBytes(begun, this.#symmetric.encryptAndHash(payload))
      this.#begun = undefined
      this.#index += 1
      return message
    })
  }

  /**
   * ReadMessage.
   *
   * Throws `NOISE_MESSAGE_LENGTH`, `NOISE_DECRYPT_FAILED`, `SHARED_SECRET_ZERO`; `TypeError` when it is our turn to write.
   *
   * @param message borrowed
   */
  readMessage(message: Uint8Array): ReceivedMessage {
    this.#requireAlive()
    if (this.isComplete || this.isOurTurn) throw new TypeError('it is not our turn to read')
    return this.#poisoning(() => {
      if (message.length > maxMessageBytes) {
        throw new StalkError('NOISE_MESSAGE_LENGTH', `handshake message of ${message.length} bytes exceeds 65535`)
      }
      const reader = new MessageReader(message)
      for (const token of this.#tokens()) this.#readToken(token, reader)
      const hashBeforePayload = this.#symmetric.handshakeHash
      const payload = this.#symmetric.decryptAndHash(reader.rest())
      this.#index += 1
      return { payload, hashBeforePayload }
    })
  }

  /** Split, and the end of this object: every later call is a `TypeError`, as is this one before the last message. */
  split(): HandshakeResult {
    this.#requireAlive()
    if (!this.isComplete) throw new TypeError('the handshake is not complete')
    this.#isSplit = true
    const keys = this.#symmetric.split()
    this.#forgetKeys()
    return { ...keys, handshakeHash: this.#symmetric.handshakeHash }
  }

  get #isInitiator(): boolean {
    return this.#role === 'initiator'
  }

  #tokens(): readonly Token[] {
    return this.#messages[this.#index] ?? []
  }

  #writeToken(token: Token): Uint8Array {
    switch (token) {
      case 'e':
        this.#ephemeralKeys = this.#generateEphemeral()
        this.#mixEphemeral(this.#ephemeralKeys.publicKey)
        return this.#ephemeralKeys.publicKey
      case 's':
        return this.#symmetric.encryptAndHash(present(this.#staticKeys).publicKey)
      case 'ee':
      case 'es':
      case 'se':
      case 'ss':
      case 'psk':
        this.#mixSecret(token)
        return new Uint8Array()
    }
  }

  #readToken(token: Token, reader: MessageReader): void {
    switch (token) {
      case 'e':
        this.#remoteEphemeral = new Uint8Array(reader.take(keyBytes))
        this.#mixEphemeral(this.#remoteEphemeral)
        return
      case 's':
        this.#remoteStatic = this.#symmetric.decryptAndHash(
          reader.take(this.#symmetric.hasKey ? keyBytes + tagBytes : keyBytes),
        )
        return
      case 'ee':
      case 'es':
      case 'se':
      case 'ss':
      case 'psk':
        this.#mixSecret(token)
    }
  }

  /** With pre-shared keys ephemeral keys are mixed into the chaining key, too: it must not repeat (Noise §9.2). */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey)
    if (this.#isPsk) this.#symmetric.mixKey(publicKey)
  }

  #mixSecret(token: 'ee' | 'es' | 'se' | 'ss' | 'psk'): void {
    if (token === 'psk') {
      const psk = present(this.#psks.shift())
      this.#symmetric.mixKeyAndHash(psk)
      psk.fill(0)
      return
    }
    // the first letter is the initiator’s key, the second the responder’s
    const [own, remote] = this.#isInitiator ? [token[0], token[1]] : [token[1], token[0]]
    const ownKeys = present(own === 'e' ? this.#ephemeralKeys : this.#staticKeys)
    const remoteKey = present(remote === 'e' ? this.#remoteEphemeral : this.#remoteStatic)
    const secret = x25519(ownKeys, remoteKey)
    this.#symmetric.mixKey(secret)
    secret.fill(0)
  }

  /** Gives the handshake up: overwrites its secrets. Every later call but that of the handshake hash is a `TypeError`. */
  wipe(): void {
    this.#symmetric.wipe()
    this.#forgetKeys()
    this.#isSplit = true
  }

  #requireAlive(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isSplit) throw new TypeError('the handshake has been split, or given up')
  }

  /** Runs a step that changes the state: if it fails, half done, there is no way on. */
  #poisoning<Result>(step: () => Result): Result {
    try {
      return step()
    } catch (error) {
      this.#failure =
        error instanceof StalkError ? error : new StalkError('INTERNAL', 'a step of the handshake failed', error)
      this.wipe()
      throw this.#failure
    }
  }

  /** The private halves stay inside OpenSSL, which wipes them with the last reference. */
  #forgetKeys(): void {
    this.#ephemeralKeys = undefined
    for (const psk of this.#psks) psk.fill(0)
  }
}

/** Takes a message apart from the front; nothing is copied. */
class MessageReader {
  readonly #message: Uint8Array
  #offset = 0

  constructor(message: Uint8Array) {
    this.#message = message
  }

  take(length: number): Uint8Array {
    const end = this.#offset + length
    if (end > this.#message.length) {
      throw new StalkError('NOISE_MESSAGE_LENGTH', `handshake message of ${this.#message.length} bytes is too short`)
    }
    const part = this.#message.subarray(this.#offset, end)
    this.#offset = end
    return part
  }

  rest(): Uint8Array {
    return this.#message.subarray(this.#offset)
  }
}

/** Exactly the keys that the pattern uses: one too many would be believed to protect, and does not. */
function requireKeys(options: HandshakeOptions, { name, pattern }: NoiseProtocol): void {
  const isInitiator = options.role === 'initiator'
  const sends = (parity: number): boolean =>
    pattern.messages.some((tokens, index) => index % 2 === parity && tokens.includes('s'))
  const [ownKnown, ownSent, remoteKnown] = isInitiator
    ? [pattern.initiatorKnown, sends(0), pattern.responderKnown]
    : [pattern.responderKnown, sends(1), pattern.initiatorKnown]
  const pskCount = pattern.messages.flat().filter((token) => token === 'psk').length

  requireUse(`staticKeys of the ${options.role} in ${name}`, ownKnown || ownSent, options.staticKeys !== undefined)
  requireUse(`remoteStatic of the ${options.role} in ${name}`, remoteKnown, options.remoteStatic !== undefined)
  if ((options.psks?.length ?? 0) !== pskCount) throw new TypeError(`psks: ${name} uses ${pskCount}`)
  for (const key of [options.remoteStatic, ...(options.psks ?? [])]) {
    if (key !== undefined && key.length !== keyBytes) throw new RangeError(`keys must be 32 bytes, not ${key.length}`)
  }
}

function requireUse(what: string, isUsed: boolean, isGiven: boolean): void {
  if (isUsed && !isGiven) throw new TypeError(`${what}: missing`)
  if (!isUsed && isGiven) throw new TypeError(`${what}: not used`)
}

/** What the pattern and the checks of the constructor guarantee to be there. */
function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a key is missing')
  return value
}
