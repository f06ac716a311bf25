import type { Connection } from '@stalk/core'
import {
  rpc,
  service,
  unary,
  serverStream,
  clientStream,
  bothWays,
  type Method,
  type MethodDescription,
} from '@stalk/rpc'
import { kindOf, type Kind, type KindForm } from '@stalk/spack/schema'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { hostArgument, identityOption, milliseconds, portFrom } from './arguments.js'
import { describeServer } from './describe.js'
import { addDialing, dial, type DialOptions } from './dial.js'
import { CommandError, exitCodes, usageError } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { invalidLine, readLines } from './input-lines.js'
import { escapeJson } from './message-json.js'
import { printLine } from './output.js'
import { withRpcExitCode } from './rpc-failure.js'
import { stopOnSignals } from './stop.js'
import { jsonOfValue, valueJsonHelp, valueOfJson } from './value-json.js'

/** As commander hands them over. */
interface CallCommandOptions extends DialOptions {
  /** In milliseconds. */
  readonly deadline?: number
  readonly metadata?: Readonly<Record<string, string>>
}

export function addCall(program: Command): void {
  const command = program
    .command('call')
    .summary('call a method of a service')
    .description(
      'Connects, asks the server what it offers, and calls a method: the request is JSON, and so is each answer, a line each. stalk/2 only.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
    .argument('<method>', 'such as store.read: `stalk describe` shows them')
    .argument('[json]', 'the request; - or nothing: a line of the standard input for each')
  addDialing(command)
    .addOption(identityOption())
    .option('--deadline <seconds>', 'how long the call may take (default: no end)', milliseconds)
    .addOption(
      new Option('--metadata <name=text>', 'goes with the call; may be there many times').argParser(readMetadata),
    )
    .action(callCommand)
  addNotes(command, callNotes)
}

const callNotes = `A method that takes nothing needs no request. For one that takes a stream every line of the standard input is a request, and the
end of the input the end of it; a request in the arguments is the only one.

${valueJsonHelp}

  stalk call 127.0.0.1 4000 inventory.find '{"name":"nails"}'

Ends with 1 if the call failed, with the code of the error.`

/** Calls a method, and prints what it answers. */
async function callCommand(
  host: string,
  port: number,
  name: string,
  json: string | undefined,
  options: CallCommandOptions,
): Promise<void> {
  const stop = stopOnSignals()
  const connection = await dial(host, port, options, stop.signal)
  const described = await methodOf(connection, name, stop.signal)
  const input = requestsOf(described, json)
  const callOptions = { signal: stop.signal, timeoutMs: options.deadline, metadata: options.metadata }
  try {
    for await (const answer of answersOf(connection, name, described, input, callOptions)) {
      await printLine(escapeJson(JSON.stringify(jsonOfValue(answer))))
    }
  } catch (error) {
    await connection.close().catch(() => undefined)
    throw stop.signal.aborted ? stop.signal.reason : withRpcExitCode(error)
  }
  await connection.close()
}

async function methodOf(connection: Connection, name: string, signal: AbortSignal): Promise<MethodDescription> {
  const { services } = await describeServer(connection, signal)
  for (const { name: serviceName, methods } of services) {
    const method = methods.find((one) => `${serviceName}.${one.name}` === name)
    if (method !== undefined) return method
  }
  const known = services.flatMap((one) => one.methods.map((method) => `${one.name}.${method.name}`))
  throw new CommandError('METHOD_UNKNOWN', `there is no method ${name}, but ${known.join(', ')}`, exitCodes.other)
}

/** Requests in JSON, read and checked one by one. */
async function* requestsOf(
  { request, type }: MethodDescription,
  json: string | undefined,
): AsyncGenerator<unknown, void> {
  const form = formOf(request)
  const takesOne = type === 'unary' || type === 'serverStream'
  if (json !== undefined && json !== '-') {
    yield attempt(
      () => valueOfJson(form, JSON.parse(json), 'the request'),
      (error) => usageError(error.message, error),
    )
    return
  }
  if (json === undefined && takesOne && form === 'null') {
    yield null
    return
  }
  for await (const { number, text } of readLines(process.stdin)) {
    if (text.trim() === '') continue
    yield attempt(
      () => valueOfJson(form, JSON.parse(text), 'the request'),
      (error) => invalidLine(number, error.message, error),
    )
    if (takesOne) return
  }
  if (takesOne) throw usageError('there is no request: give it as JSON, or a line of it on the standard input')
}

function attempt(read: () => unknown, failure: (error: Error) => Error): unknown {
  try {
    return read()
  } catch (error) {
    throw failure(error as Error)
  }
}

interface CallOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
}

async function* answersOf(
  connection: Connection,
  name: string,
  described: MethodDescription,
  requests: AsyncGenerator<unknown, void>,
  options: CallOptions,
): AsyncGenerator<unknown, void> {
  const method = methodFrom(described)
  const dot = name.lastIndexOf('.')
  const key = name.slice(dot + 1)
  const client = rpc(connection, service(name.slice(0, dot), { [key]: method })) as Readonly<Record<string, Call>>
  const takesOne = method.type === 'unary' || method.type === 'serverStream'
  const input = takesOne ? (await requests.next()).value : requests
  const outcome = client[key]?.(input, options)
  if (outcome instanceof Promise) yield await outcome
  else yield* outcome as AsyncIterable<unknown>
}

type Call = (input: unknown, options: CallOptions) => unknown

/** The method that a server describes. Throws a CommandError for what is none. */
function methodFrom({ type, request, response, idempotent, errors }: MethodDescription): Method {
  const kinds = errors.map(({ code, details }) => [code, details === null ? undefined : kindFrom(details)] as const)
  const parts = { request: kindFrom(request), response: kindFrom(response), errors: Object.fromEntries(kinds) }
  try {
    switch (type) {
      case 'unary':
        return unary({ ...parts, idempotent })
      case 'serverStream':
        return serverStream(parts)
      case 'clientStream':
        return clientStream(parts)
      case 'bothWays':
        return bothWays(parts)
    }
  } catch (error) {
    throw wrongDescription(error)
  }
}

function kindFrom(json: string): Kind<unknown> {
  try {
    return kindOf(formOf(json))
  } catch (error) {
    throw wrongDescription(error)
  }
}

function formOf(json: string): KindForm {
  try {
    return JSON.parse(json) as KindForm
  } catch (error) {
    throw wrongDescription(error)
  }
}

function wrongDescription(error: unknown): CommandError {
  const message = `the server describes what is no method: ${(error as Error).message}`
  return new CommandError('RESPONSE_INVALID', message, exitCodes.lost, error)
}

function readMetadata(value: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, text] = /^([^=]+)=(.*)$/su.exec(value) ?? []
  if (name === undefined || text === undefined) throw new InvalidArgumentError('It must be name=text.')
  return { ...before, [name]: text }
}
