import { StalkError, type PeerStatement, type StalkErrorCode } from '../errors.js'
import { resetCodes } from './channel-control.js'
import { closeCodes, rejectCodes, type RecordBody } from './control-records.js'
import { refusalCodes } from './preamble.js'

/** What a REJECT of the listening side means here (SPEC, stalk/2 §6). */
export function rejectedError(statement: PeerStatement): StalkError {
  const [code, meaning] = rejections[statement.code] ?? ['REJECTED_OTHER', `code ${statement.code}`]
  return new StalkError(code, `the listener turned us away: ${meaning}${said(statement)}`, undefined, statement)
}

/** What a CLOSE with a code other than 0 means here (SPEC, stalk/2 §8). */
export function closedError(statement: PeerStatement): StalkError {
  const meaning = closings[statement.code] ?? `code ${statement.code}`
  return new StalkError(
    'CLOSED_BY_PEER',
    `the peer gave the connection up: ${meaning}${said(statement)}`,
    undefined,
    statement,
  )
}

/** What a RESET of the peer means here (SPEC, stalk/2 §14). */
export function resetError(statement: PeerStatement): StalkError {
  const meaning = resets[statement.code] ?? `code ${statement.code}`
  return new StalkError(
    'CHANNEL_RESET',
    `the peer gave the channel up: ${meaning}${said(statement)}`,
    undefined,
    statement,
  )
}

/** What the two sides have in common; null for nothing on both sides. Throws NO_APPLICATION_PROTOCOL. */
export function chooseApplicationProtocol(
  offered: readonly string[] | null,
  ours: readonly string[] | null,
): string | null {
  if (offered === null && ours === null) return null
  const chosen = offered?.find((name) => ours?.includes(name))
  if (chosen !== undefined) return chosen
  throw new StalkError(
    'NO_APPLICATION_PROTOCOL',
    `no application protocol in common: the peer offers ${list(offered)}, this side has ${list(ours)}`,
  )
}

/** What ACCEPT must say, if we offered these. Throws STALK2_PAYLOAD_VALUE. */
export function checkChosenProtocol(
  chosen: readonly string[] | null,
  offered: readonly string[] | null,
): string | null {
  const name = chosen?.[0] ?? null
  if (name === null ? offered === null : offered?.includes(name)) return name
  throw new StalkError(
    'STALK2_PAYLOAD_VALUE',
    `the listener chose ${name ?? 'no application protocol'}, we offered ${list(offered)}`,
  )
}

const rejections: Readonly<Record<number, readonly [StalkErrorCode, string]>> = {
  [rejectCodes.identityRequired]: ['REJECTED_IDENTITY_REQUIRED', 'it wants an identity'],
  [rejectCodes.notAuthenticated]: ['REJECTED_NOT_AUTHENTICATED', 'it does not accept the proof of our identity'],
  [rejectCodes.notAllowed]: ['REJECTED_NOT_ALLOWED', 'not allowed'],
  [rejectCodes.ticket]: ['REJECTED_TICKET', 'it does not accept our ticket'],
  [rejectCodes.noProtocol]: ['REJECTED_NO_PROTOCOL', 'no application protocol in common'],
  [rejectCodes.busy]: ['REJECTED_BUSY', 'busy'],
}

const closings: Readonly<Record<number, string>> = {
  [closeCodes.done]: 'done',
  [closeCodes.goingAway]: 'going away',
  [closeCodes.protocol]: 'protocol error or damaged record',
  [closeCodes.tooLarge]: 'a message was too large',
  [closeCodes.timeout]: 'timeout',
  [closeCodes.expired]: 'it may not send any more records',
  [closeCodes.internal]: 'internal error',
}

const resets: Readonly<Record<number, string>> = {
  [resetCodes.cancelled]: 'it is not wanted any more',
  [resetCodes.refused]: 'nobody took it',
  [resetCodes.internal]: 'internal error',
}

/** The reason as a JSON string: what a terminal might obey is escaped. */
function said({ reason }: PeerStatement): string {
  if (reason === '') return ''
  const escaped = JSON.stringify(reason).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
  return `, ${escaped}`
}

function list(names: readonly string[] | null): string {
  return names === null ? 'none' : names.join(', ')
}

/** What the listening side said instead of an answer (SPEC, stalk/2 §3): nobody vouches for it. */
export function refusedError(code: number): StalkError {
  const meaning = {
    [refusalCodes.noSuite]: 'no suite in common',
    [refusalCodes.busy]: 'busy',
    [refusalCodes.malformed]: 'it did not understand us',
  }[code]
  return new StalkError(
    'STALK2_REFUSED',
    `the listener refused before the handshake: ${meaning ?? `code ${code}`} (in clear: anybody on the line can say that)`,
    undefined,
    { code, reason: '' },
  )
}

/** For a record that may not come now. */
export function unexpectedRecord({ type }: RecordBody, when: string): StalkError {
  return new StalkError('RECORD_UNEXPECTED', `a record of type ${type} came ${when}`)
}
