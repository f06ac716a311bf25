import { StalkError } from '../errors.js'
import { defaultLimits } from '../limits.js'
import { CipherState, tagBytes } from '../noise/cipher-state.js'
import { parseProtocolName } from '../noise/suites.js'
import { readHandshakeMessage } from '../stalk2/handshake-message.js'
import { verifyProof } from '../stalk2/identity-proof.js'
import { readPayload } from '../stalk2/payload.js'
import { encodePrologue, readPreamble, readReply, type Preamble, type Retry } from '../stalk2/preamble.js'
import { frameHandshakeMessage } from '../stalk2/handshake-message.js'
import { suiteOf, type Suite } from '../stalk2/suites.js'
import { HandshakeHash } from './handshake-hash.js'
import type { InspectedDetail, InspectionBuilder } from './inspection.js'
import type { LoggedSecrets } from './key-log-file.js'
import { describePayload } from './payload-details.js'
import type { CapturedStream } from './stream.js'

const keyBytes = 32
const maxHandshakeMessageBytes = 65_535

/** Reads a handshake from what was on the line, with the three keys of a key log where they are there. */
export class HandshakeInspector {
  readonly #initiator: CapturedStream
  readonly #responder: CapturedStream
  readonly #keyLog: ReadonlyMap<string, LoggedSecrets>
  readonly #builder: InspectionBuilder
  #stream: CapturedStream
  #partOffset = 0
  #serverSpki: Uint8Array | null = null
  /** What the records need, once C was there. */
  hasSecrets = false
  established: { readonly suite: Suite; readonly secrets: LoggedSecrets } | null = null

  constructor(
    initiator: CapturedStream,
    responder: CapturedStream,
    keyLog: ReadonlyMap<string, LoggedSecrets>,
    builder: InspectionBuilder,
  ) {
    this.#initiator = initiator
    this.#responder = responder
    this.#keyLog = keyLog
    this.#builder = builder
    this.#stream = initiator
  }

  /** Up to C, or to what cannot be read. */
  run(): void {
    try {
      this.#read()
    } catch (error) {
      if (!(error instanceof StalkError)) throw error
      this.#builder.fault(this.#stream, this.#partOffset, error)
    }
  }

  #read(): void {
    const preamble = this.#take(this.#initiator, ({ queue }) => readPreamble(queue))
    if (preamble === null) return
    this.#note('preamble', [
      ['flags', preamble.bytes[8] ?? 0],
      ['suites', preamble.suiteIds.map((id) => id.toString(16).padStart(4, '0')).join(' ')],
    ])
    const first = this.#takeMessage(this.#initiator, 'A')
    if (first === null) return
    this.#note('A', [['bytes', first]])
    const agreed = this.#readReplies(preamble, first)
    if (agreed === null) return
    const { suite, messageA, retry } = agreed
    const hash = new HandshakeHash(suite.noiseName, encodePrologue(preamble.bytes, retry))
    hash.mix(messageA.subarray(0, keyBytes))
    hash.mix(messageA.subarray(keyBytes))
    const secrets = this.#keyLog.get(hex(messageA.subarray(0, keyBytes))) ?? new Map<string, Uint8Array>()
    this.hasSecrets = secrets.size > 0
    if (!this.#readB(suite, hash, secrets) || !this.#readC(suite, hash, secrets)) return
    this.established = { suite, secrets }
  }

  /** Until the responder has taken a suite; null: it did not, or the capture ends. */
  #readReplies(
    preamble: Preamble,
    first: Uint8Array,
  ): { readonly suite: Suite; readonly messageA: Uint8Array; readonly retry: Retry | null } | null {
    let [suiteId = 0, messageA, retry]: [number | undefined, Uint8Array, Retry | null] = [
      preamble.suiteIds[0],
      first,
      null,
    ]
    for (;;) {
      const reply = this.#take(this.#responder, ({ queue }) => readReply(queue))
      if (reply === null) return null
      if (reply.type === 'refused') {
        this.#note('refused', [['code', reply.code]])
        return null
      }
      if (reply.type === 'accepted') {
        this.#note('accepted', [])
        break
      }
      this.#note('retry', [['suite', reply.suiteId.toString(16).padStart(4, '0')]])
      if (retry !== null) throw new StalkError('STALK2_RETRY_INVALID', 'a second retry')
      retry = { firstMessage: frameHandshakeMessage(first), suiteId: reply.suiteId }
      const again = this.#takeMessage(this.#initiator, 'A')
      if (again === null) return null
      this.#note('A', [['bytes', again]])
      suiteId = reply.suiteId
      messageA = again
    }
    const suite = suiteOf(suiteId)
    if (suite === undefined) throw new StalkError('STALK2_NO_SUITE', `suite ${suiteId} is unknown here`)
    if (messageA.length < keyBytes) throw new StalkError('NOISE_MESSAGE_LENGTH', 'A has no room for its key')
    return { suite, messageA, retry }
  }

  #readB(suite: Suite, hash: HandshakeHash, secrets: LoggedSecrets): boolean {
    const message = this.#takeMessage(this.#responder, 'B')
    if (message === null) return false
    const ephemeral = part(message, 0, keyBytes)
    const sealedStatic = part(message, keyBytes, keyBytes + tagBytes)
    const sealedPayload = message.subarray(2 * keyBytes + tagBytes)
    const details: InspectedDetail[] = [['e', ephemeral]]
    hash.mix(ephemeral)
    const cipher = cipherOf(suite, secrets.get('STALK2_HANDSHAKE_KEY_1'))
    const staticKey = decrypt(cipher, hash, sealedStatic)
    details.push(staticKey === null ? ['encrypted bytes', sealedStatic.length] : ['s', staticKey])
    hash.mix(sealedStatic)
    details.push(['h_B', hash.value])
    this.#bCipher = cipherOf(suite, secrets.get('STALK2_HANDSHAKE_KEY_2'))
    const payload = decrypt(this.#bCipher, hash, sealedPayload)
    details.push(...this.#proofDetails('B', payload, suite, hash, staticKey, sealedPayload))
    hash.mix(sealedPayload)
    this.#note('B', details)
    return true
  }

  /** It decrypts the payload of B, then the static key of C. */
  #bCipher: CipherState | null = null

  #readC(suite: Suite, hash: HandshakeHash, secrets: LoggedSecrets): boolean {
    const message = this.#takeMessage(this.#initiator, 'C')
    if (message === null) return false
    const sealedStatic = part(message, 0, keyBytes + tagBytes)
    const sealedPayload = message.subarray(keyBytes + tagBytes)
    const staticKey = decrypt(this.#bCipher, hash, sealedStatic)
    const details: InspectedDetail[] = []
    details.push(staticKey === null ? ['encrypted bytes', sealedStatic.length] : ['s', staticKey])
    hash.mix(sealedStatic)
    details.push(['h_C', hash.value])
    const payload = decrypt(cipherOf(suite, secrets.get('STALK2_HANDSHAKE_KEY_3')), hash, sealedPayload)
    details.push(...this.#proofDetails('C', payload, suite, hash, staticKey, sealedPayload))
    hash.mix(sealedPayload)
    details.push(['h_final', hash.value])
    this.#note('C', details)
    return true
  }

  #proofDetails(
    place: 'B' | 'C',
    plaintext: Uint8Array | null,
    suite: Suite,
    hash: HandshakeHash,
    staticKey: Uint8Array | null,
    sealed: Uint8Array,
  ): InspectedDetail[] {
    if (plaintext === null || staticKey === null) return [['encrypted bytes', sealed.length]]
    const payload = readPayload(plaintext, place)
    const role = place === 'B' ? ('responder' as const) : ('initiator' as const)
    const serverSpki = place === 'B' ? null : this.#serverSpki
    const context = { role, suiteId: suite.id, handshakeHash: hash.value, staticPublicKey: staticKey, serverSpki }
    if (place === 'B') this.#serverSpki = payload.identity
    const details: InspectedDetail[] = [['payload', plaintext], ...describePayload(payload)]
    const identity = verifyProof(payload, context, defaultLimits)
    if (identity === null) return [...details, ['identity', 'none: anonymous']]
    return [...details, ['identity', identity.fingerprint], ['signature', 'valid']]
  }

  #take<Part>(stream: CapturedStream, read: (stream: CapturedStream) => Part | null): Part | null {
    this.#stream = stream
    this.#partOffset = stream.offset
    return read(stream)
  }

  #takeMessage(stream: CapturedStream, name: 'A' | 'B' | 'C'): Uint8Array | null {
    return this.#take(stream, ({ queue }) => readHandshakeMessage(queue, maxHandshakeMessageBytes, name))
  }

  #note(name: string, details: readonly InspectedDetail[]): void {
    this.#builder.part(this.#stream, this.#partOffset, name, details)
  }
}

function cipherOf(suite: Suite, key: Uint8Array | undefined): CipherState | null {
  return key === undefined ? null : new CipherState(parseProtocolName(suite.noiseName).cipher, key)
}

/** Null without a key. Throws NOISE_DECRYPT_FAILED. */
function decrypt(cipher: CipherState | null, hash: HandshakeHash, sealed: Uint8Array): Uint8Array | null {
  if (cipher === null) return null
  const plaintext = cipher.decryptWithAd(hash.value, sealed)
  if (plaintext === null)
    throw new StalkError('NOISE_DECRYPT_FAILED', 'it does not decrypt with the key of the key log')
  return plaintext
}

/** A part of a message that must be there. Throws NOISE_MESSAGE_LENGTH. */
function part(message: Uint8Array, offset: number, length: number): Uint8Array {
  const bytes = message.subarray(offset, offset + length)
  if (bytes.length === length) return bytes
  throw new StalkError('NOISE_MESSAGE_LENGTH', `the message has ${message.length} bytes: too few for its keys`)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
