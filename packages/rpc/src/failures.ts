import { describeThrown, StalkError, type StalkErrorCode } from '@stalk/core'
import { RpcError } from './errors.js'
import { resetCodes } from './wire.js'

/** What a call fails with when its channel, or the connection, fails with an error. Other errors stay what they are. */
export function failureOf(error: unknown): Error {
  if (!(error instanceof StalkError))
    return error instanceof Error ? error : new Error(describeThrown(error), { cause: error })
  if (ofMessage.has(error.code)) return error
  const options = { cause: error }
  if (error.code === 'CHANNEL_RESET') return ofReset(error)
  if (unavailable.has(error.code)) {
    return new RpcError('UNAVAILABLE', `the call could not be made: ${error.message}`, options)
  }
  return new RpcError('CONNECTION_LOST', `the connection ended before the call was over: ${error.message}`, options)
}

/** This side closes the connection before the call is over. */
export function closedHere(): RpcError {
  return new RpcError('CONNECTION_LOST', 'the connection was closed on this side before the call was over')
}

/** The message is wrong, not the connection. */
const ofMessage: ReadonlySet<StalkErrorCode> = new Set(['MESSAGE_TOO_LARGE', 'MESSAGE_INVALID', 'SEND_QUEUE_FULL'])

/** There is no room for another call, or for any. */
const unavailable: ReadonlySet<StalkErrorCode> = new Set(['TOO_MANY_CHANNELS', 'CHANNELS_UNAVAILABLE'])

function ofReset(error: StalkError): RpcError {
  const options = { cause: error }
  const { code, reason } = error.peer ?? { code: resetCodes.cancelled, reason: '' }
  const why = reason === '' ? '' : `: ${reason}`
  switch (code) {
    case resetCodes.cancelled:
      return new RpcError('CANCELLED', `the peer gave the call up${why}`, options)
    case resetCodes.refused:
      return new RpcError('UNAVAILABLE', `the peer did not take the call${why}`, options)
    case resetCodes.methodUnknown:
      return new RpcError('METHOD_UNKNOWN', `the peer has no such method${why}`, options)
    case resetCodes.deadlineExceeded:
      return new RpcError('DEADLINE_EXCEEDED', `the peer gave the call up when its time was over${why}`, options)
    default:
      return new RpcError('INTERNAL', `the peer gave the call up with code ${code}${why}`, options)
  }
}
