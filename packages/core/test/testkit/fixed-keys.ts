// Everything that is random in a connection, fixed: what the testkit’s transcripts are made with.
import { createHash, createPrivateKey, privateEncrypt, constants, sign, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { x25519KeyPairFrom, type X25519KeyPair } from '#src/crypto/x25519.js'
import { kitPath } from './files.js'

export interface FixedIdentity {
  readonly type: 'ed25519' | 'rsa'
  readonly privateKey: KeyObject
  readonly spki: Uint8Array
}

const { identities } = JSON.parse(readFileSync(kitPath('identities.json'), 'utf8')) as {
  identities: Record<string, { type: 'ed25519' | 'rsa'; pkcs8: string; spki: string }>
}

/** An identity of identities.json. */
export const fixedIdentity: (name: string) => FixedIdentity = once((name) => {
  const { type, pkcs8, spki } = identities[name]!
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8, 'hex'), format: 'der', type: 'pkcs8' })
  return { type, privateKey, spki: new Uint8Array(Buffer.from(spki, 'hex')) }
})

/** The private half of the X25519 key pair with this name. */
export function fixedX25519Private(name: string): Uint8Array {
  return new Uint8Array(hash(Buffer.from(`stalk/2 testkit x25519 ${name}`)))
}

/** The X25519 key pair with this name. */
export const fixedX25519: (name: string) => X25519KeyPair = once((name) => x25519KeyPairFrom(fixedX25519Private(name)))

/** A signature that is the same every time: Ed25519, or RSA-PSS with a salt made from the message. */
export function fixedSignature({ type, privateKey }: FixedIdentity, message: Uint8Array, saltBytes = 32): Uint8Array {
  if (type === 'ed25519') return new Uint8Array(sign(null, message, privateKey))
  const bits = privateKey.asymmetricKeyDetails!.modulusLength!
  const salt = Buffer.concat([hash(Buffer.concat([Buffer.from('salt'), message])), hash(message)]).subarray(
    0,
    saltBytes,
  )
  const encoded = emsaPss(hash(message), salt, bits - 1)
  return new Uint8Array(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded))
}

/** RFC 8017 §9.1.1, with SHA-256. */
function emsaPss(messageHash: Buffer, salt: Buffer, bits: number): Buffer {
  const length = Math.ceil(bits / 8)
  const salted = hash(Buffer.concat([Buffer.alloc(8), messageHash, salt]))
  const block = Buffer.alloc(length - 33)
  block[block.length - salt.length - 1] = 1
  salt.copy(block, block.length - salt.length)
  const mask = Buffer.concat(
    Array.from({ length: Math.ceil(block.length / 32) }, (_, counter) =>
      hash(Buffer.concat([salted, Buffer.from([0, 0, 0, counter])])),
    ),
  )
  const masked = block.map((byte, index) => byte ^ mask[index]!)
  masked[0]! &= 0xff >> (8 * length - bits)
  return Buffer.concat([masked, salted, Buffer.from([0xbc])])
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** Makes what has a name only once: reading keys takes longer than using them. */
function once<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>()
  return (name) => {
    const known = made.get(name) ?? make(name)
    made.set(name, known)
    return known
  }
}
