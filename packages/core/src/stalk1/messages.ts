import { Spack, type ElementType, type SpackValue } from '@stalk/spack'
import type { RsaPublicNumbers } from '../crypto/rsa-numbers.js'
import { StalkError } from '../errors.js'

/** SPEC, stalk/1 §3: what the first element of each handshake packet says. */
const HELLO = 100
const ACK = 101
const FIN = 102

/** What each side offers of itself: its key, an ephemeral X25519 key and the signature that ties them. */
export interface Offer {
  readonly rsa: RsaPublicNumbers
  /** X25519 public key, 32 bytes when honest. */
  readonly ephemeral: Uint8Array
  /** As long as the modulus when honest. */
  readonly signature: Uint8Array
}

/** The initiator’s first packet. */
export interface Hello extends Offer {
  /** Of AES-256-OFB, 16 bytes when honest. */
  readonly iv: Uint8Array
}

export function helloPacket({ rsa, ephemeral, iv, signature }: Hello): Spack {
  return new Spack().integer(HELLO).integer(rsa.e).integer(rsa.n).bytes(ephemeral).bytes(iv).bytes(signature)
}

/** The shapes are checked, lengths and values are not. Throws STALK1_HANDSHAKE_INVALID. */
export function readHello(packet: Spack): Hello {
  const [, e, n, ephemeral, iv, signature] = shape(packet, 'hello', HELLO, [
    'integer',
    'integer',
    'integer',
    'byte[]',
    'byte[]',
    'byte[]',
  ]) as [number, number | bigint, number | bigint, Uint8Array, Uint8Array, Uint8Array]
  return { rsa: { e: BigInt(e), n: BigInt(n) }, ephemeral, iv, signature }
}

/** Note that the order differs from the hello’s. */
export function ackPacket({ rsa, ephemeral, signature }: Offer): Spack {
  return new Spack().integer(ACK).bytes(ephemeral).integer(rsa.e).integer(rsa.n).bytes(signature)
}

/** The shapes are checked, lengths and values are not. Throws STALK1_HANDSHAKE_INVALID. */
export function readAck(packet: Spack): Offer {
  const [, ephemeral, e, n, signature] = shape(packet, 'ack', ACK, [
    'integer',
    'byte[]',
    'integer',
    'integer',
    'byte[]',
  ]) as [number, Uint8Array, number | bigint, number | bigint, Uint8Array]
  return { rsa: { e: BigInt(e), n: BigInt(n) }, ephemeral, signature }
}

/** What the initiator encrypts first. */
export function finPacket(): Spack {
  return new Spack().integer(FIN)
}

/** Throws STALK1_HANDSHAKE_INVALID unless the packet is exactly a fin. */
export function checkFin(packet: Spack): void {
  shape(packet, 'fin', FIN, ['integer'])
}

/** The values of a packet whose first element is `code` and whose elements have exactly these types. */
function shape(packet: Spack, name: string, code: number, types: readonly ElementType[]): SpackValue[] {
  const { elements } = packet
  if (elements.length !== types.length) {
    throw invalid(`a stalk/1 ${name} has ${types.length} elements, this packet has ${elements.length}`)
  }
  elements.forEach((element, index) => {
    const expected = types[index]
    if (element.type !== expected) {
      throw invalid(`element ${index} of a stalk/1 ${name} is ${String(expected)}, not ${element.type}`)
    }
  })
  const values = packet.values()
  if (values[0] !== code) throw invalid(`a stalk/1 ${name} begins with ${code}, this packet does not`)
  return values
}

function invalid(message: string): StalkError {
  return new StalkError('STALK1_HANDSHAKE_INVALID', message)
}
