import { escapeControls } from '@stalk/core'
import { givesOne, takesOne, type MethodDescription, type ServerDescription } from '@stalk/rpc'
import type { KindForm } from '@stalk/spack/schema'
import type { Command } from 'commander'
import { hostArgument, identityOption, portFrom } from './arguments.js'
import { formOf, withServer } from './calling.js'
import { addDialing, type DialOptions } from './dial.js'
import { addNotes } from './help-notes.js'
import { escapeJson } from './message-json.js'
import { printLine } from './output.js'
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
  addNotes(command, describeNotes)
}

const describeNotes = `The server is asked with a call of its method stalk.describe, and has 10 seconds to answer, or those of --timeout. A server that was
made with introspection: false does not say what it offers.`

/** Prints what a server offers. */
function describeCommand(host: string, port: number, options: DescribeOptions): Promise<void> {
  return withServer(host, port, options, async ({ describe }) => {
    const description = await describe()
    if (options.json) await printLine(escapeJson(JSON.stringify(jsonOf(description))))
    else for (const line of linesOf(description)) await printLine(escapeControls(line))
  })
}

/** The same with the forms of kinds as what they are, not as texts of JSON. */
function jsonOf({ services }: ServerDescription): unknown {
  return { services: services.map(({ name, methods }) => ({ name, methods: methods.map(methodJson) })) }
}

function methodJson({ request, response, errors, ...method }: MethodDescription): unknown {
  return {
    ...method,
    request: formOf(request),
    response: formOf(response),
    errors: errors.map(({ code, details }) => ({ code, details: details === null ? null : formOf(details) })),
  }
}

function linesOf({ services }: ServerDescription): string[] {
  return services.flatMap(({ name, methods }) => methods.flatMap((method) => methodLines(name, method)))
}

function methodLines(service: string, method: MethodDescription): string[] {
  const request = `${takesOne(method) ? '' : 'stream of '}${textOf(method.request)}`
  const response = `${givesOne(method) ? '' : 'stream of '}${textOf(method.response)}`
  const errors = method.errors.map(({ code, details }) => `  ${code}${details === null ? '' : ` ${textOf(details)}`}`)
  return [`${service}.${method.name} (${request}) -> ${response}${method.idempotent ? ', idempotent' : ''}`, ...errors]
}

/** A kind as one would write it in TypeScript, more or less. */
function textOf(json: string): string {
  return formText(formOf(json))
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
