import { StalkError } from '../errors.js'

/** An entry of a payload: SPEC, stalk/2 §4. */
export interface Tlv {
  readonly type: number
  /** A view of the payload. */
  readonly value: Uint8Array
  /** Where the entry begins in the payload. */
  readonly offset: number
}

/** Type and length of an entry. */
export const tlvHeaderBytes = 3

/** The bytes of an entry. `RangeError` for a value above 65,535 bytes. */
export function encodeTlv(type: number, value: Uint8Array): Uint8Array {
  if (value.length > 0xffff) throw new RangeError(`an entry has at most 65535 bytes, not ${value.length}`)
  const bytes = new Uint8Array(tlvHeaderBytes + value.length)
  bytes.set([type, value.length >> 8, value.length & 0xff])
  bytes.set(value, tlvHeaderBytes)
  return bytes
}

/** Cuts a payload into its entries, whatever they are. Throws STALK2_PAYLOAD_MALFORMED. */
export function parseTlvs(bytes: Uint8Array): Tlv[] {
  const tlvs: Tlv[] = []
  for (let offset = 0; offset < bytes.length;) {
    const [type, high, low] = bytes.subarray(offset, offset + tlvHeaderBytes)
    const end = offset + tlvHeaderBytes + (high ?? 0) * 256 + (low ?? 0)
    if (type === undefined || low === undefined || end > bytes.length) {
      throw new StalkError('STALK2_PAYLOAD_MALFORMED', `the payload ends inside its entry at byte ${offset}`)
    }
    tlvs.push({ type, value: bytes.subarray(offset + tlvHeaderBytes, end), offset })
    offset = end
  }
  return tlvs
}
