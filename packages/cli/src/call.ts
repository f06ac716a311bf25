import type { Connection } from '@stalk/core'
import {
  rpc,
  service,
  unary,
  serverStream,
  clientStream,
  takesOne,
  bothWays,
  type Contract,
  type Method,
  type MethodDescription,
  type ServerDescription,
} from '@stalk/rpc'
import { kindOf, schema, type Kind } from '@stalk/spack/schema'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { hostArgument, identityOption, milliseconds, portFrom } from './arguments.js'
import { formOf, withServer, wrongDescription } from './calling.js'
import { addDialing, type DialOptions } from './dial.js'
import { CommandError, exitCodes, usageError } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { invalidLine, readLines } from './input-lines.js'
import { escapeJson, readJson } from './message-json.js'
import { printLine } from './output.js'
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
end of the input the end of it; a request in the arguments is the only one. For one that takes one request the input has to end, and
to have one line, before it is called.

${valueJsonHelp}

  stalk call 127.0.0.1 4000 inventory.find '{"name":"nails"}'

The server has 10 seconds, or those of --timeout or --deadline, to say what it offers. Ends with 1 if the call failed, with the code of
the error; with 2 if the request in the arguments is none of the method, with 7 if a line of the input is none.`

/** Calls a method, and prints what it answers. */
function callCommand(
  host: string,
  port: number,
  name: string,
  json: string | undefined,
  options: CallCommandOptions,
): Promise<void> {
  return withServer(host, port, options, async ({ connection, signal, describe }) => {
    const called = methodFrom(name, methodOf(await describe(options.deadline), name))
    const input = requestsOf(called, json)
    const callOptions = { signal, timeoutMs: options.deadline, metadata: options.metadata }
    for await (const answer of answersOf(connection, called, input, callOptions)) {
      await printLine(escapeJson(JSON.stringify(jsonOfValue(answer))))
    }
  })
}

function methodOf({ services }: ServerDescription, name: string): MethodDescription {
  for (const { name: serviceName, methods } of services) {
    const method = methods.find((one) => `${serviceName}.${one.name}` === name)
    if (method !== undefined) return method
  }
  const known = services.flatMap((one) => one.methods.map((method) => `${one.name}.${method.name}`))
  throw new CommandError('METHOD_UNKNOWN', `there is no method ${name}, but ${known.join(', ')}`, exitCodes.other)
}

/** Requests in JSON, read and checked one by one. */
async function* requestsOf({ name, method }: Called, json: string | undefined): AsyncGenerator<unknown, void> {
  const { request } = method
  if (json !== undefined && json !== '-') {
    yield readRequest(request, json, (error) => usageError(error.message, error))
  } else if (json === undefined && takesOne(method) && request.form === 'null') {
    yield null
  } else if (takesOne(method)) {
    yield await readOnlyRequest(name, request)
  } else {
    for await (const { request: each } of inputRequests(request)) yield each
  }
}

/** The request of a method that takes one: the input has to end first, because what follows would be lost. */
async function readOnlyRequest(name: string, kind: Kind<unknown>): Promise<unknown> {
  let only: InputRequest | null = null
  for await (const read of inputRequests(kind)) {
    if (only !== null) throw invalidLine(read.number, `${name} takes one request, and that was line ${only.number}`)
    only = read
  }
  if (only !== null) return only.request
  throw usageError('there is no request: give it as JSON, or a line of it on the standard input')
}

interface InputRequest {
  /** Of its line, from 1. */
  readonly number: number
  readonly request: unknown
}

/** A request for each line of the standard input that is not blank. */
async function* inputRequests(kind: Kind<unknown>): AsyncGenerator<InputRequest, void> {
  for await (const { number, text } of readLines(process.stdin)) {
    if (text.trim() === '') continue
    yield { number, request: readRequest(kind, text, (error) => invalidLine(number, error.message, error)) }
  }
}

/** A request that the kind takes. @param failure makes the error for one that it does not take, whose message has the place */
function readRequest(kind: Kind<unknown>, text: string, failure: (error: Error) => Error): unknown {
  try {
    const request = valueOfJson(kind.form, readJson(text, 'the request: this is not JSON'), 'the request')
    checkRequest(kind, request)
    return request
  } catch (error) {
    throw failure(error as Error)
  }
}

/** What reading JSON does not look at, such as half a surrogate pair, or what is too long, the kind finds when it writes the value. */
function checkRequest(kind: Kind<unknown>, request: unknown): void {
  try {
    schema({ request: kind }).encode({ request })
  } catch (error) {
    throw new Error(`the ${(error as Error).message}`, { cause: error })
  }
}

interface CallOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
}

async function* answersOf(
  connection: Connection,
  { contract, key, method }: Called,
  requests: AsyncGenerator<unknown, void>,
  options: CallOptions,
): AsyncGenerator<unknown, void> {
  const client = rpc(connection, contract) as Readonly<Record<string, Call>>
  const input = takesOne(method) ? (await requests.next()).value : requests
  const outcome = client[key]?.(input, options)
  if (outcome instanceof Promise) yield await outcome
  else yield* outcome as AsyncIterable<unknown>
}

type Call = (input: unknown, options: CallOptions) => unknown

/** A method that a server describes. */
interface Called {
  /** With its service: `store.read`. */
  readonly name: string
  readonly method: Method
  /** Has this method alone. */
  readonly contract: Contract
  /** Its name in the contract. */
  readonly key: string
}

/** Throws a CommandError for a description that is none. */
function methodFrom(name: string, described: MethodDescription): Called {
  const dot = name.lastIndexOf('.')
  const key = name.slice(dot + 1)
  try {
    const method = methodOfKinds(described)
    return { name, method, contract: service(name.slice(0, dot), { [key]: method }), key }
  } catch (error) {
    throw error instanceof CommandError ? error : wrongDescription(error)
  }
}

function methodOfKinds({ type, request, response, idempotent, errors }: MethodDescription): Method {
  const kinds = errors.map(({ code, details }) => [code, details === null ? undefined : kindFrom(details)] as const)
  const parts = { request: kindFrom(request), response: kindFrom(response), errors: Object.fromEntries(kinds) }
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
}

function kindFrom(json: string): Kind<unknown> {
  return kindOf(formOf(json))
}

function readMetadata(value: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, text] = /^([^=]+)=(.*)$/su.exec(value) ?? []
  if (name === undefined || text === undefined) throw new InvalidArgumentError('It must be name=text.')
  return { ...before, [name]: text }
}
