import { concatBytes } from '../crypto/bytes.js'
import { StalkError } from '../errors.js'
import { leastCreditBytes, type ChannelTerms } from './channel-control.js'
import { encodeTlv, parseTlvs, tlvHeaderBytes, type Tlv } from './tlv.js'

/** Where a payload stands: in a handshake message or in the verdict (SPEC, stalk/2 §4). */
export type PayloadPlace = 'A' | 'B' | 'C' | 'ACCEPT'

/** What a payload says; null: nothing about it. All bytes are copies. */
export interface Payload {
  /** SubjectPublicKeyInfo, of whatever form. */
  readonly identity: Uint8Array | null
  readonly maxMessageBytes: number | null
  readonly applicationProtocols: readonly string[] | null
  readonly ticket: Uint8Array | null
  readonly channels: ChannelTerms | null
  readonly signature: Uint8Array | null
  /** All bytes before the signature’s entry. */
  readonly unsigned: Uint8Array
}

const types = {
  padding: 0x00,
  identity: 0x01,
  maxMessageBytes: 0x03,
  applicationProtocols: 0x04,
  ticket: 0x05,
  channels: 0x06,
  signature: 0xff,
} as const

const places: Readonly<Record<number, readonly PayloadPlace[]>> = {
  [types.padding]: ['B', 'C', 'ACCEPT'],
  [types.identity]: ['B', 'C'],
  [types.maxMessageBytes]: ['C', 'ACCEPT'],
  [types.applicationProtocols]: ['C', 'ACCEPT'],
  [types.ticket]: ['C'],
  [types.channels]: ['C', 'ACCEPT'],
  [types.signature]: ['B', 'C'],
}

/** From here on unknown types must not be ignored. */
const firstCriticalType = 0x80

/** The payloads of B and C are multiples of this, so that their length does not tell who is there. */
const paddingStep = 512

const maxProtocols = 64

/** Reads a payload; `bytes` is borrowed. Throws STALK2_PAYLOAD_*: cut apart first, then checked entry by entry. */
export function readPayload(bytes: Uint8Array, place: PayloadPlace): Payload {
  const values = new Map<number, Tlv>()
  let last = -1
  for (const tlv of parseTlvs(bytes)) {
    if (tlv.type <= last) {
      throw new StalkError('STALK2_PAYLOAD_ORDER', `${name(tlv, place)} comes after type ${last}: types must ascend`)
    }
    last = tlv.type
    const allowed = places[tlv.type]
    if (allowed === undefined && tlv.type >= firstCriticalType) {
      throw new StalkError('STALK2_PAYLOAD_CRITICAL', `${name(tlv, place)} is unknown and must not be ignored`)
    }
    if (allowed !== undefined && !allowed.includes(place)) {
      throw new StalkError('STALK2_PAYLOAD_MISPLACED', `${name(tlv, place)} does not belong there`)
    }
    checkValue(tlv, place)
    values.set(tlv.type, tlv)
  }
  const copy = (type: number): Uint8Array | null => {
    const tlv = values.get(type)
    return tlv === undefined ? null : new Uint8Array(tlv.value)
  }
  const limit = values.get(types.maxMessageBytes)?.value
  const protocols = values.get(types.applicationProtocols)?.value
  const channels = values.get(types.channels)?.value
  return {
    identity: copy(types.identity),
    maxMessageBytes: limit === undefined ? null : uint32At(limit),
    applicationProtocols: protocols === undefined ? null : splitNames(protocols),
    ticket: copy(types.ticket),
    channels: channels === undefined ? null : termsOf(channels),
    signature: copy(types.signature),
    unsigned: new Uint8Array(bytes.subarray(0, values.get(types.signature)?.offset ?? bytes.length)),
  }
}

/** What goes into a payload. */
export interface PayloadFields {
  /** SubjectPublicKeyInfo. */
  readonly identity?: Uint8Array | null
  readonly maxMessageBytes?: number
  readonly applicationProtocols?: readonly string[] | null
  readonly ticket?: Uint8Array | null
  readonly channels?: ChannelTerms | null
}

/**
 * A payload of B or C up to its signature, padded so that the whole will be a multiple of 512 bytes.
 *
 * @param signatureBytes of the signature that follows; 0: none does
 */
export function encodeUnsigned(fields: PayloadFields, signatureBytes: number): Uint8Array {
  const content = encodeFields(fields)
  const length = content.length + (signatureBytes === 0 ? 0 : tlvHeaderBytes + signatureBytes)
  const missing = (paddingStep - (length % paddingStep)) % paddingStep
  if (missing === 0) return content
  // an entry takes 3 bytes at least
  const padding = missing < tlvHeaderBytes ? missing + paddingStep : missing
  return concatBytes(encodeTlv(types.padding, new Uint8Array(padding - tlvHeaderBytes)), content)
}

/** The whole payload. */
export function withSignature(unsigned: Uint8Array, signature: Uint8Array): Uint8Array {
  return concatBytes(unsigned, encodeTlv(types.signature, signature))
}

/** The payload of ACCEPT. */
export function encodeAcceptPayload(fields: PayloadFields): Uint8Array {
  return encodeFields(fields)
}

/** `TypeError` or `RangeError` for application protocols that cannot be sent; for what callers ask for. */
export function checkApplicationProtocols(names: readonly string[]): void {
  if (!Array.isArray(names) || names.some((entry) => typeof (entry as unknown) !== 'string')) {
    throw new TypeError('applicationProtocols takes an array of names')
  }
  const fault = faultOfNames(names)
  if (fault !== null) throw new RangeError(`applicationProtocols: ${fault}`)
}

function encodeFields(fields: PayloadFields): Uint8Array {
  const { identity, maxMessageBytes, applicationProtocols, ticket, channels } = fields
  const parts: Uint8Array[] = []
  if (identity) parts.push(encodeTlv(types.identity, identity))
  if (maxMessageBytes !== undefined) {
    const value = new Uint8Array(4)
    new DataView(value.buffer).setUint32(0, maxMessageBytes)
    parts.push(encodeTlv(types.maxMessageBytes, value))
  }
  if (applicationProtocols) {
    const names = new TextEncoder().encode(applicationProtocols.join(','))
    parts.push(encodeTlv(types.applicationProtocols, names))
  }
  if (ticket) parts.push(encodeTlv(types.ticket, ticket))
  if (channels) parts.push(encodeTlv(types.channels, encodeTerms(channels)))
  return concatBytes(...parts)
}

function checkValue(tlv: Tlv, place: PayloadPlace): void {
  const fault = faultOfValue(tlv, place)
  if (fault !== null) throw new StalkError('STALK2_PAYLOAD_VALUE', `${name(tlv, place)}: ${fault}`)
}

function faultOfValue({ type, value }: Tlv, place: PayloadPlace): string | null {
  switch (type) {
    case types.padding:
      return value.every((byte) => byte === 0) ? null : 'padding is zeros'
    case types.maxMessageBytes:
      // what a later version puts behind it is ignored
      return value.length >= 4 ? null : `a largest message has 4 bytes, not ${value.length}`
    case types.applicationProtocols: {
      const names = splitNames(value)
      if (place === 'ACCEPT' && names.length !== 1) return 'exactly one application protocol is chosen'
      return faultOfNames(names)
    }
    case types.channels: {
      // likewise
      if (value.length < termsBytes) return `what is said about channels has ${termsBytes} bytes, not ${value.length}`
      const { creditBytes } = termsOf(value)
      return creditBytes < leastCreditBytes
        ? `a channel begins with ${leastCreditBytes} bytes of credit at least`
        : null
    }
    default:
      return null
  }
}

const termsBytes = 6

function encodeTerms({ creditBytes, maxChannels }: ChannelTerms): Uint8Array {
  const value = new Uint8Array(termsBytes)
  const view = new DataView(value.buffer)
  view.setUint32(0, creditBytes)
  view.setUint16(4, maxChannels)
  return value
}

function termsOf(value: Uint8Array): ChannelTerms {
  const view = new DataView(value.buffer, value.byteOffset)
  return { creditBytes: view.getUint32(0), maxChannels: view.getUint16(4) }
}

/** Why names of application protocols cannot be; null: they can. */
function faultOfNames(names: readonly string[]): string | null {
  if (names.length === 0 || names.length > maxProtocols) return `1 to ${maxProtocols} names, not ${names.length}`
  if (new Set(names).size !== names.length) return 'a name is there twice'
  const isValid = names.every((entry) => /^[\x21-\x2b\x2d-\x7e]{1,255}$/u.test(entry))
  return isValid ? null : 'a name is 1 to 255 characters of printable ASCII without space and comma'
}

/** Bytes beyond ASCII become characters that no name has. */
function splitNames(value: Uint8Array): string[] {
  return Array.from(value, (byte) => String.fromCharCode(byte))
    .join('')
    .split(',')
}

function uint32At(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

function name({ type, offset }: Tlv, place: PayloadPlace): string {
  return `the entry of type ${type} at byte ${offset} of the payload of ${place}`
}
