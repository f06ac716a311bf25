// What the commands have in common that call methods.
import type { Connection } from '@stalk/core'
import { Introspection, rpc, RpcError, type ServerDescription } from '@stalk/rpc'
import type { KindForm } from '@stalk/spack/schema'
import { dial, type DialOptions } from './dial.js'
import { CommandError, exitCodes } from './exit-codes.js'
import { formatAddress } from './output.js'
import { withRpcExitCode } from './rpc-failure.js'
import { stopOnSignals } from './stop.js'

/** A server at the other end. */
export interface Server {
  readonly connection: Connection
  /** Aborts when the command shall end. */
  readonly signal: AbortSignal
  /** Asks what it offers, its own part last. Throws a CommandError if it does not say. */
  readonly describe: (timeoutMs?: number) => Promise<ServerDescription>
}

/** Connects, lets `use` make its calls, and closes. */
export async function withServer(
  host: string,
  port: number,
  options: DialOptions,
  use: (server: Server) => Promise<void>,
): Promise<void> {
  const { signal, requested } = stopOnSignals()
  const connection = await dial(host, port, options, signal)
  const describe = (timeoutMs = Infinity): Promise<ServerDescription> => {
    const limitMs = Math.min(timeoutMs, options.timeout ?? DESCRIBE_TIMEOUT_MS)
    return describeServer(connection, formatAddress(host, port), { signal, timeoutMs: limitMs })
  }
  const stopped = requested.then((reason) => {
    throw reason
  })
  try {
    await Promise.race([use({ connection, signal, describe }), stopped])
  } catch (error) {
    // a server that hangs would not close its side either, and the user has waited already
    await connection.close({ timeoutMs: GIVING_UP_MS }).catch(() => undefined)
    throw signal.aborted ? signal.reason : withRpcExitCode(error)
  }
  await connection.close()
}

const DESCRIBE_TIMEOUT_MS = 10_000
const GIVING_UP_MS = 500

/** The form of a kind that a server describes. Throws a CommandError for what is no JSON. */
export function formOf(json: string): KindForm {
  try {
    return JSON.parse(json) as KindForm
  } catch (error) {
    throw wrongDescription(error)
  }
}

/** What a server says of itself makes no sense. */
export function wrongDescription(error: unknown): CommandError {
  const message = `the server describes what is no method: ${(error as Error).message}`
  return new CommandError('RESPONSE_INVALID', message, exitCodes.lost, error)
}

async function describeServer(
  connection: Connection,
  address: string,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ServerDescription> {
  try {
    const { services } = await rpc(connection, Introspection).describe(null, options)
    const isOwn = ({ name }: { readonly name: string }): boolean => name === Introspection.name
    return { services: [...services.filter((one) => !isOwn(one)), ...services.filter(isOwn)] }
  } catch (error) {
    throw unanswered(error, address)
  }
}

/** What is the matter with a server that does not say what it offers. */
function unanswered(error: unknown, address: string): unknown {
  if (!(error instanceof RpcError)) return error
  const { code, message } = error as RpcError
  switch (code) {
    case 'DEADLINE_EXCEEDED':
    case 'UNAVAILABLE': {
      const question = `${address} does not answer what it offers: does it serve calls? (${message})`
      return new CommandError(code, question, exitCodes.other, error)
    }
    case 'METHOD_UNKNOWN': {
      const refusal = `${address} serves calls, but does not say which (introspection: false)`
      return new CommandError(code, refusal, exitCodes.other, error)
    }
    default:
      return error
  }
}
