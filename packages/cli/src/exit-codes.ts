import { StalkError, type StalkErrorCode } from '@stalk/core'

/** What a script can tell from the exit code. */
export const exitCodes = {
  ok: 0,
  other: 1,
  usage: 2,
  unreachable: 3,
  authentication: 4,
  lost: 5,
  identity: 6,
  input: 7,
  /** 128 and the number of the signal, as shells do it. */
  SIGINT: 130,
  SIGPIPE: 141,
  SIGTERM: 143,
} as const

/** What they mean, for the help and the man page. */
export const exitCodeMeanings: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'all went well'],
  ['1', 'something else went wrong'],
  ['2', 'wrong usage: an option, an argument or a command'],
  ['3', 'nobody to talk to: could not connect or listen, or no stalk peer answered'],
  ['4', 'authentication failed: the peer is not known, is not who it must be, or does not let us in'],
  ['5', 'the connection was lost, the peer closed it too early, or what arrived is not what was sent'],
  ['6', 'an identity is missing, damaged, exposed or of the wrong protocol'],
  ['7', 'a file or the input is unreadable, or a line of it is wrong'],
  ['130', 'ended by SIGINT (143: SIGTERM, 141: nobody reads the output any more)'],
]

/** A failure that the command itself found, with its own code and exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.exitCode = exitCode
  }
}

/** Wrong usage: exit code 2. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError('USAGE', message, exitCodes.usage, cause)
}

/** The same failure under another exit code, because of what was being done; what is no StalkError is passed through. */
export function withExitCode(error: unknown, exitCode: number): unknown {
  return error instanceof StalkError ? new CommandError(error.code, error.message, exitCode, error) : error
}

/** The exit code of whatever was thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode
  return error instanceof StalkError ? exitCodeOfStalk(error.code) : exitCodes.other
}

function exitCodeOfStalk(code: StalkErrorCode): number {
  const exact = byCode[code]
  if (exact !== undefined) return exact
  const [, exitCode] = byPrefix.find(([prefix]) => code.startsWith(prefix)) ?? []
  return exitCode ?? exitCodes.other
}

const byCode: Partial<Record<StalkErrorCode, number>> = {
  CONNECT_FAILED: exitCodes.unreachable,
  LISTEN_FAILED: exitCodes.unreachable,
  HANDSHAKE_TIMEOUT: exitCodes.unreachable,
  HANDSHAKE_TRUNCATED: exitCodes.unreachable,
  STALK1_HANDSHAKE_INVALID: exitCodes.unreachable,
  FOREIGN_PROTOCOL: exitCodes.unreachable,
  STALK2_REFUSED: exitCodes.unreachable,
  REJECTED_BUSY: exitCodes.unreachable,
  CLOSED_BY_PEER: exitCodes.lost,
  MESSAGE_TRUNCATED: exitCodes.lost,
  PEER_DEAD: exitCodes.lost,
  IDLE_TIMEOUT: exitCodes.lost,
  PING_FLOOD: exitCodes.lost,
  STALK1_PACKET_INVALID: exitCodes.lost,
  STALK1_OUT_OF_STEP: exitCodes.lost,
  CLOSE_TIMEOUT: exitCodes.lost,
  PEER_UNKNOWN: exitCodes.authentication,
  PEER_CHANGED: exitCodes.authentication,
  SHARED_SECRET_ZERO: exitCodes.authentication,
  SPKI_INVALID: exitCodes.authentication,
  MESSAGE_TOO_LARGE: exitCodes.input,
  MESSAGE_INVALID: exitCodes.input,
  KEY_LOG_INVALID: exitCodes.input,
}

const byPrefix: readonly (readonly [prefix: string, exitCode: number])[] = [
  ['CONNECTION_', exitCodes.lost],
  ['IDENTITY_', exitCodes.identity],
  ['PIN_', exitCodes.authentication],
  ['STALK1_', exitCodes.authentication],
  ['RSA_', exitCodes.authentication],
  ['ED25519_', exitCodes.authentication],
  ['NOISE_', exitCodes.authentication],
  ['STALK2_', exitCodes.authentication],
  ['REJECTED_', exitCodes.authentication],
  ['RECORD_', exitCodes.lost],
  ['FRAME_', exitCodes.lost],
  ['CHANNEL_', exitCodes.lost],
  ['PEER_MESSAGE_', exitCodes.lost],
  ['PEER_LIST_', exitCodes.input],
  ['CAPTURE_', exitCodes.input],
]
