// One line that holds a public key: `<protocol>:<type>:<SPKI, base64url>`.
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.js'
import { StalkError } from '../errors.js'
import { type IdentityKeys, keysFromSpki } from './keys.js'
import { refusalAt } from './refusal.js'
import type { Protocol, RsaLimits } from './rsa-rules.js'

/** Twice what the largest key takes. */
const maxCharacters = 8192

/** The text of a public key. */
export function encodeText({ protocol, type, spki }: IdentityKeys): string {
  return `${protocol}:${type}:${encodeBase64url(spki)}`
}

/**
 * The public key of a text; white space around it does not count.
 *
 * Throws `IDENTITY_TEXT_INVALID`, `RSA_MODULUS_TOO_SMALL` and `RSA_MODULUS_TOO_LARGE`.
 */
export function decodeText(text: string, limits?: RsaLimits): IdentityKeys {
  if (typeof (text as unknown) !== 'string')
    throw new TypeError(`the text of an identity is a string, not ${typeof text}`)
  const line = text.trim()
  if (line.length > maxCharacters) throw invalid(`it has ${line.length} characters, at most ${maxCharacters} are`)
  const [protocol, type, key, ...rest] = line.split(':')
  if (protocol === undefined || type === undefined || key === undefined || rest.length > 0) {
    throw invalid(describeForeign(line))
  }
  if (!isProtocol(protocol)) throw invalid(`the protocol must be stalk/1 or stalk/2, not ${quote(protocol)}`)
  const types = protocol === 'stalk/1' ? ['rsa'] : ['ed25519', 'rsa']
  if (!types.includes(type)) throw invalid(`a ${protocol} key is of type ${types.join(' or ')}, not ${quote(type)}`)

  const spki = decodeBase64url(key)
  if (spki === null || key === '') throw invalid(describeBase64url(key))
  const keys = readKeys(spki, protocol, limits)
  if (keys.type !== type) throw invalid(`it says ${type} but holds a key of type ${keys.type}`)
  return keys
}

function readKeys(spki: Uint8Array, protocol: Protocol, limits: RsaLimits | undefined): IdentityKeys {
  try {
    return keysFromSpki(spki, protocol, limits)
  } catch (error) {
    throw refusalAt('IDENTITY_TEXT_INVALID', 'the key in this identity is cut off, damaged or not allowed', error)
  }
}

function isProtocol(text: string): text is Protocol {
  return text === 'stalk/1' || text === 'stalk/2'
}

function describeForeign(line: string): string {
  if (line === '') return 'it is empty'
  if (line.startsWith('-----BEGIN'))
    return 'it is PEM; pass the path of the file, or what `stalk id --only identity` prints for it'
  if (decodeBase64url(line)?.length === 32) {
    return 'it is a fingerprint, which names a key without holding it; pass the whole line that `stalk id --only identity` prints'
  }
  return 'it is not of the form <protocol>:<type>:<key>'
}

function describeBase64url(key: string): string {
  if (key === '') return 'the key is missing'
  if (/\s/u.test(key)) return 'the key has white space in it'
  if (/[+/=]/u.test(key)) return 'the key is base64; base64url without padding is needed'
  return /[^\w-]/u.test(key) ? 'the key has a character that is not base64url' : 'the key is cut off or damaged'
}

function quote(text: string): string {
  // what a terminal might obey does not come through
  return JSON.stringify(text.slice(0, 24).replaceAll(/[^\x20-\x7e]/gu, '?'))
}

function invalid(what: string): StalkError {
  return new StalkError('IDENTITY_TEXT_INVALID', `this text is no identity: ${what}`)
}
