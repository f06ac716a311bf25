import { encodeBase64url } from '../crypto/base64url.js'
import { equalBytes } from '../crypto/bytes.js'
import { generateEd25519 } from '../crypto/ed25519.js'
import type { KeyObject } from '../crypto/key-object.js'
import { generateRsa } from '../crypto/rsa.js'
import type { RsaPrivateNumbers, RsaPublicNumbers } from '../crypto/rsa-numbers.js'
import { sha256 } from '../crypto/sha256.js'
import { StalkError } from '../errors.js'
import { checkNames } from '../option-names.js'
import { decodeIdentityFiles, decodePublicFile, encodeIdentityFiles } from './file-format.js'
import { readIdentityFiles, readPublicFile, writeIdentityFiles } from './files.js'
import { type IdentityKeys, keysFromPrivateKey, keysFromSpki, type KeyType, rsaKeys } from './keys.js'
import type { Protocol, RsaLimits } from './rsa-rules.js'
import { decodeText, encodeText } from './text-format.js'

/** What {@link Identity.generate} makes. */
export type GenerateOptions =
  | { readonly type: 'ed25519'; readonly protocol?: 'stalk/2' | undefined }
  | {
      readonly type: 'rsa'
      /** Default: stalk/2. */
      readonly protocol?: Protocol | undefined
      /** A multiple of 8. Default: 2,048 for stalk/1, 3,072 for stalk/2. */
      readonly bits?: number | undefined
      /** The least that `bits` may be, default 2,048; tests lower it. */
      readonly minBits?: number | undefined
    }

/** How {@link Identity.load} reads files. */
export interface LoadOptions extends RsaLimits {
  /** Of an encrypted `id_priv`. */
  readonly passphrase?: string | undefined
}

/** How {@link Identity.save} writes files. */
export interface SaveOptions {
  /** Encrypts `id_priv`; stalk/2 only, not empty, at most 1,024 bytes of UTF-8. */
  readonly passphrase?: string | undefined
  /** Replace an identity that is already there, for good. */
  readonly force?: boolean | undefined
}

/**
 * A key pair that says who somebody is, or only its public key when it is a peer’s. It belongs to one protocol, because
 * a key that signs what stalk/1 lets strangers choose must never sign for stalk/2. Immutable.
 */
export class Identity {
  readonly protocol: Protocol
  readonly type: KeyType
  /** In bits; 256 for Ed25519. */
  readonly keysize: number
  readonly publicKey: KeyObject
  /** The public numbers of an RSA key. */
  readonly rsa: RsaPublicNumbers | undefined
  /** SHA-256 of the SPKI in base64url: 43 characters. */
  readonly fingerprint: string
  readonly #keys: IdentityKeys

  static {
    // console.log must not walk through the keys; a method with a computed name has no place in a declaration file
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Identity) {
        return `Identity(${this.protocol} ${this.type}-${this.keysize} ${this.fingerprint})`
      },
    })
  }

  private constructor(keys: IdentityKeys) {
    this.protocol = keys.protocol
    this.type = keys.type
    this.keysize = keys.keysize
    this.publicKey = keys.publicKey
    this.rsa = keys.rsa && Object.freeze({ ...keys.rsa })
    this.fingerprint = encodeBase64url(sha256(keys.spki))
    this.#keys = keys
    Object.freeze(this)
  }

  /**
   * Makes a new identity: `{ type: 'ed25519' }` for stalk/2, or an RSA one for stalk/2 or stalk/1.
   *
   * Throws `TypeError` for Ed25519 with stalk/1 and for options that are none, `RangeError` for `bits` that are not a
   * multiple of 8 between 2,048 and 8,192 (stalk/2: 4,096).
   */
  static async generate(options: GenerateOptions): Promise<Identity> {
    if (typeof (options as unknown) !== 'object') {
      throw new TypeError("generate takes { type: 'ed25519' } or { type: 'rsa' }")
    }
    checkGenerateOptions(options)
    if (options.type === 'ed25519') return new Identity(keysFromPrivateKey(await generateEd25519(), 'stalk/2'))
    const { protocol = 'stalk/2', minBits = 2048, bits = protocol === 'stalk/1' ? 2048 : 3072 } = options
    const maxBits = protocol === 'stalk/1' ? 8192 : 4096
    if (!Number.isInteger(bits) || bits % 8 !== 0 || bits < minBits || bits > maxBits) {
      throw new RangeError(`bits must be a multiple of 8 from ${minBits} to ${maxBits} for ${protocol}, not ${bits}`)
    }
    return new Identity(keysFromPrivateKey(await generateRsa(bits), protocol, { minBits }))
  }

  /**
   * Reads the identity in a directory, or in `$STALK_HOME`, or if that is not set in the first of `~/.stalk` and `~/.spack` that has one.
   * Files of the original are stalk/1, PEM files are stalk/2.
   *
   * Throws `IDENTITY_NOT_FOUND`, `IDENTITY_FILE_INVALID`, `IDENTITY_FILE_EXPOSED` when others may read or write
   * `id_priv`, `IDENTITY_FILE_IO`, `IDENTITY_PASSPHRASE`, `RSA_MODULUS_TOO_SMALL` or `RSA_MODULUS_TOO_LARGE`.
   */
  static async load(directory?: string, options: LoadOptions = {}): Promise<Identity> {
    checkNames('load', options, ['passphrase', 'minBits', 'maxBits'])
    const { privateFile, publicFile } = await readIdentityFiles(directory)
    try {
      return new Identity(decodeIdentityFiles(privateFile, publicFile, options))
    } finally {
      privateFile.bytes.fill(0)
    }
  }

  /**
   * Reads a public key from a file (`id_pub` of either protocol, or the line that `stalk id --only identity` prints) or from the
   * `id_pub` in a directory.
   *
   * Throws `IDENTITY_NOT_FOUND`, `IDENTITY_FILE_INVALID`, `IDENTITY_FILE_IO`, `RSA_MODULUS_TOO_SMALL` or
   * `RSA_MODULUS_TOO_LARGE`.
   */
  static async loadPublic(path: string, limits: RsaLimits = {}): Promise<Identity> {
    return new Identity(decodePublicFile(await readPublicFile(path), limits))
  }

  /**
   * Reads what {@link Identity.toString} wrote; white space around it does not count.
   *
   * Throws `IDENTITY_TEXT_INVALID`, `RSA_MODULUS_TOO_SMALL` or `RSA_MODULUS_TOO_LARGE`.
   */
  static parse(text: string, limits: RsaLimits = {}): Identity {
    return new Identity(decodeText(text, limits))
  }

  /**
   * The identity of RSA numbers, a whole one when d is given. They are checked as `checkRsaPublicKey` does, so other
   * limits than the defaults have to be given here too.
   *
   * Throws the codes of `checkRsaPublicKey`, `RSA_EXPONENT_NOT_65537` for stalk/2, and `RSA_KEY_MISMATCH`.
   */
  static fromRsa(
    numbers: RsaPublicNumbers & Partial<RsaPrivateNumbers>,
    protocol: Protocol,
    limits: RsaLimits = {},
  ): Identity {
    return new Identity(rsaKeys(numbers, protocol, limits))
  }

  /**
   * The identity of a SubjectPublicKeyInfo.
   *
   * @param spki canonical DER, copied
   *
   * Throws `SPKI_INVALID`, `ED25519_KEY_INVALID`, and the codes of {@link Identity.fromRsa}.
   */
  static fromSpki(spki: Uint8Array, protocol: Protocol, limits: RsaLimits = {}): Identity {
    return new Identity(keysFromSpki(spki, protocol, limits))
  }

  /** Absent on a peer’s identity. The handle, not the bytes: printing it shows nothing. */
  get privateKey(): KeyObject | undefined {
    return this.#keys.privateKey
  }

  /** SubjectPublicKeyInfo in canonical DER; a copy. */
  get spki(): Uint8Array {
    return this.#keys.spki.slice()
  }

  /** This identity as a peer knows it, without the private key. */
  get public(): Identity {
    return this.privateKey === undefined ? this : new Identity({ ...this.#keys, privateKey: undefined })
  }

  /** Whether the other is for the same protocol and has the same whole public key: for RSA, n and e. */
  equals(other: Identity): boolean {
    return this.protocol === other.protocol && equalBytes(this.#keys.spki, other.#keys.spki)
  }

  /**
   * Writes `id_priv` (mode 0600) and `id_pub` (0644) into a directory, which is made (0700) if need be: both or
   * neither. stalk/1 is written as the original reads it, stalk/2 as PEM.
   *
   * Throws `IDENTITY_EXISTS` when either file is there and `force` is not set, `IDENTITY_PRIVATE_MISSING`,
   * `IDENTITY_FILE_IO`; `TypeError` for an empty passphrase and for any passphrase with stalk/1.
   */
  async save(directory: string, options: SaveOptions = {}): Promise<void> {
    checkNames('save', options, ['passphrase', 'force'])
    const { passphrase, force = false } = options
    const { privateBytes, publicBytes } = await encodeIdentityFiles(this.#keys, requirePrivate(this), passphrase)
    try {
      await writeIdentityFiles(directory, privateBytes, publicBytes, force)
    } finally {
      privateBytes.fill(0)
    }
  }

  /** The public key as one line: `<protocol>:<type>:<SPKI in base64url>`. */
  toString(): string {
    return encodeText(this.#keys)
  }

  /** The same as {@link Identity.toString}. */
  toJSON(): string {
    return this.toString()
  }
}

/**
 * Throws `IDENTITY_PROTOCOL` unless the identity is for the protocol.
 *
 * @param whose begins the message: `your identity`, `the pinned identity`
 */
export function requireProtocol(identity: Identity, protocol: Protocol, whose = 'the identity'): void {
  if (identity.protocol === protocol) return
  throw new StalkError(
    'IDENTITY_PROTOCOL',
    `${whose} ${identity.fingerprint} is for ${identity.protocol}, and a key of one protocol must never sign for another: ` +
      (identity.privateKey === undefined
        ? `pass the one that its owner has for ${protocol}, or speak ${identity.protocol}`
        : `make one for ${protocol} with \`stalk keygen --protocol ${protocol} --out <another directory>\``),
  )
}

/** The private key, or `IDENTITY_PRIVATE_MISSING`. */
export function requirePrivate(identity: Identity): KeyObject {
  if (identity.privateKey !== undefined) return identity.privateKey
  throw new StalkError('IDENTITY_PRIVATE_MISSING', `the identity ${identity.fingerprint} has no private key here`)
}

/** For callers without types, and for the pairs that the types cannot forbid. */
function checkGenerateOptions(options: GenerateOptions): void {
  const { type, protocol = 'stalk/2' } = options as { readonly type: string; readonly protocol?: string | undefined }
  if (type !== 'ed25519' && type !== 'rsa') throw new TypeError('type must be ed25519 or rsa')
  checkNames(`generate with type ${type}`, options, [
    'type',
    'protocol',
    ...(type === 'rsa' ? ['bits', 'minBits'] : []),
  ])
  if (protocol !== 'stalk/1' && protocol !== 'stalk/2') throw new TypeError('protocol must be stalk/1 or stalk/2')
  if (type === 'rsa' || protocol === 'stalk/2') return
  throw new TypeError('an Ed25519 identity is for stalk/2; stalk/1 needs { type: "rsa", protocol: "stalk/1" }')
}
