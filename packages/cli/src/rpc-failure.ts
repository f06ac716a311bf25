import { RpcError } from '@stalk/rpc'
import { CommandError, exitCodes } from './exit-codes.js'
import { jsonOfValue } from './value-json.js'

/** A failed call as a failure of the command; other errors are passed through. */
export function withRpcExitCode(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error
  const { code, message, details } = error as RpcError
  const shown = details === undefined ? message : `${message}: ${JSON.stringify(jsonOfValue(details))}`
  return new CommandError(code, shown, byCode[code] ?? exitCodes.other, error)
}

const byCode: Readonly<Partial<Record<string, number>>> = {
  CONNECTION_LOST: exitCodes.lost,
  RESPONSE_INVALID: exitCodes.lost,
  REQUEST_INVALID: exitCodes.input,
}
