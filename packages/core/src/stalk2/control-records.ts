import { concatBytes } from '../crypto/bytes.js'
import { StalkError, type PeerStatement } from '../errors.js'

// What stands in records other than messages: SPEC, stalk/2 §8.

/** The first byte of a record’s plaintext. */
export const recordTypes = { data: 1, close: 2, ping: 3, pong: 4, accept: 5, reject: 6 } as const

/** Why a direction, or the connection, ends; from 0x4000 on codes are the application’s. */
export const closeCodes = {
  done: 0,
  goingAway: 1,
  protocol: 2,
  tooLarge: 3,
  timeout: 4,
  expired: 5,
  internal: 6,
} as const

/** Why a peer is turned away. */
export const rejectCodes = {
  identityRequired: 1,
  notAuthenticated: 2,
  notAllowed: 3,
  ticket: 4,
  noProtocol: 5,
  busy: 6,
} as const

/** The longest reason, in bytes of UTF-8. */
export const maxReasonBytes = 255

/** The plaintext of a CLOSE. `RangeError` for a code or a reason that has no room. */
export function encodeClose(statement: PeerStatement): Uint8Array {
  return encodeStatement(recordTypes.close, statement)
}

/** The plaintext of a REJECT. `RangeError` for a code or a reason that has no room, and for the code 0. */
export function encodeReject(statement: PeerStatement): Uint8Array {
  if (statement.code === 0) throw new RangeError('a REJECT has a code other than 0')
  return encodeStatement(recordTypes.reject, statement)
}

/** The plaintext of a PING with 8 bytes. */
export function encodePing(data: Uint8Array): Uint8Array {
  return encodeEcho(recordTypes.ping, data)
}

/** The plaintext of a PONG with the 8 bytes of the PING. */
export function encodePong(data: Uint8Array): Uint8Array {
  return encodeEcho(recordTypes.pong, data)
}

/** The plaintext of an ACCEPT. */
export function encodeAccept(payload: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(recordTypes.accept), payload)
}

/** What a record says; bytes are views of its plaintext. */
export type RecordBody =
  | { readonly type: 'data'; readonly frames: Uint8Array }
  | { readonly type: 'close' | 'reject'; readonly statement: PeerStatement }
  | { readonly type: 'ping' | 'pong'; readonly data: Uint8Array }
  | { readonly type: 'accept'; readonly payload: Uint8Array }

/** Reads the plaintext of a record. Throws RECORD_TYPE_UNKNOWN, RECORD_BODY_INVALID. */
export function readRecordBody(plaintext: Uint8Array): RecordBody {
  const body = plaintext.subarray(1)
  switch (plaintext[0]) {
    case recordTypes.data:
      return { type: 'data', frames: body }
    case recordTypes.close:
      return { type: 'close', statement: readStatement('CLOSE', body) }
    case recordTypes.ping:
      return { type: 'ping', data: readEcho('PING', body) }
    case recordTypes.pong:
      return { type: 'pong', data: readEcho('PONG', body) }
    case recordTypes.accept:
      return { type: 'accept', payload: body }
    case recordTypes.reject: {
      const statement = readStatement('REJECT', body)
      if (statement.code === 0) throw new StalkError('RECORD_BODY_INVALID', 'a REJECT has the code 0')
      return { type: 'reject', statement }
    }
    case undefined:
    default:
      throw new StalkError('RECORD_TYPE_UNKNOWN', `there is no record of type ${plaintext[0] ?? 'none'}`)
  }
}

function encodeStatement(type: number, { code, reason }: PeerStatement): Uint8Array {
  if (!Number.isInteger(code) || code < 0 || code > 0xffff) throw new RangeError(`code is 0 to 65535, not ${code}`)
  const text = new TextEncoder().encode(reason)
  if (text.length > maxReasonBytes) throw new RangeError(`a reason is at most ${maxReasonBytes} bytes of UTF-8`)
  return concatBytes(Uint8Array.of(type, code >> 8, code & 0xff), text)
}

function readStatement(name: string, body: Uint8Array): PeerStatement {
  const [high, low] = body
  if (high === undefined || low === undefined || body.length > 2 + maxReasonBytes) {
    throw new StalkError(
      'RECORD_BODY_INVALID',
      `a ${name} has 2 to ${2 + maxReasonBytes} bytes, this one ${body.length}`,
    )
  }
  try {
    return { code: high * 256 + low, reason: new TextDecoder('utf-8', strict).decode(body.subarray(2)) }
  } catch (cause) {
    throw new StalkError('RECORD_BODY_INVALID', `the reason of a ${name} is not UTF-8`, cause)
  }
}

const strict = { fatal: true, ignoreBOM: true }

function encodeEcho(type: number, data: Uint8Array): Uint8Array {
  if (data.length !== 8) throw new RangeError(`a PING has 8 bytes, not ${data.length}`)
  return concatBytes(Uint8Array.of(type), data)
}

function readEcho(name: string, body: Uint8Array): Uint8Array {
  if (body.length === 8) return body
  throw new StalkError('RECORD_BODY_INVALID', `a ${name} has 8 bytes, this one ${body.length}`)
}
