import { escapeControls, type Connection } from '@stalk/core'
import { Introspection, rpc, type MethodDescription, type ServerDescription } from '@stalk/rpc'
import type { KindForm } from '@stalk/spack/schema'
import type { Command } from 'commander'
import { hostArgument, identityOption, portFrom } from './arguments.js'
import { addDialing, dial, type DialOptions } from './dial.js'
import { escapeJson } from './message-json.js'
import { printLine } from './output.js'
import { withRpcExitCode } from './rpc-failure.js'
import { stopOnSignals } from './stop.js'
import { isOptional } from './value-json.js'

/** As commander hands them over. */
interface DescribeOptions extends DialOptions {
  readonly json?: true
}

export function addDescribe(program: Command): void {
  const command = program
    .command('describe')
    .summary('show what can be called')
    .description(
      'Connects, and prints the services of a server: their methods, what each takes and gives, and the errors it may answer with.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
  addDialing(command).addOption(identityOption()).option('--json', 'print one line of JSON').action(describeCommand)
}

/** Prints what a server offers. */
async function describeCommand(host: string, port: number, options: DescribeOptions): Promise<void> {
  const stop = stopOnSignals()
  const connection = await dial(host, port, options, stop.signal)
  const description = await describeServer(connection, stop.signal)
  await connection.close()
  if (options.json) await printLine(escapeJson(JSON.stringify(description)))
  else for (const line of linesOf(description)) await printLine(escapeControls(line))
}

/** What the peer serves. Throws a CommandError if it does not say. */
export async function describeServer(connection: Connection, signal: AbortSignal): Promise<ServerDescription> {
  try {
    return await rpc(connection, Introspection).describe(null, { signal, timeoutMs: DESCRIBE_TIMEOUT_MS })
  } catch (error) {
    throw withRpcExitCode(error)
  }
}

const DESCRIBE_TIMEOUT_MS = 30_000

function linesOf({ services }: ServerDescription): string[] {
  return services.flatMap(({ name, methods }) => methods.flatMap((method) => methodLines(name, method)))
}

function methodLines(service: string, method: MethodDescription): string[] {
  const [many, several] = [
    method.type !== 'unary' && method.type !== 'serverStream',
    method.type !== 'unary' && method.type !== 'clientStream',
  ]
  const request = `${many ? 'stream of ' : ''}${textOf(method.request)}`
  const response = `${several ? 'stream of ' : ''}${textOf(method.response)}`
  const errors = method.errors.map(({ code, details }) => `  ${code}${details === null ? '' : ` ${textOf(details)}`}`)
  return [`${service}.${method.name} (${request}) -> ${response}${method.idempotent ? ', idempotent' : ''}`, ...errors]
}

/** A kind as one would write it in TypeScript, more or less. */
function textOf(json: string): string {
  return formText(JSON.parse(json) as KindForm)
}

function formText(form: KindForm): string {
  if (typeof form === 'string') return form
  const [name = '', of = 'any', ...more] = form
  switch (name) {
    case 'list':
      return `list(${formText(of)})`
    case 'map':
      return `map(${formText(of)})`
    case 'nullable':
      return `${formText(of)} | null`
    case 'enumeration':
      return [of, ...more].map((value) => JSON.stringify(value)).join(' | ')
    case 'union':
      return `union(${membersText(of)})`
    case 'struct':
      return `{ ${membersText(of)} }`
    default:
      return JSON.stringify(form)
  }
}

function membersText(members: KindForm): string {
  const texts = (members as readonly (readonly [string, KindForm])[]).map(([name, form]) => {
    return isOptional(form) ? `${name}?: ${formText(form[1])}` : `${name}: ${formText(form)}`
  })
  return texts.join(', ')
}
