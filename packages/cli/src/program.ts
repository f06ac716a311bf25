import { createRequire } from 'node:module'
import type { Command, CommanderError } from 'commander'
import { addBench } from './bench.js'
import { addCall } from './call.js'
import { addCompletion } from './completion.js'
import { addConnect } from './connect.js'
import { addDescribe } from './describe.js'
import { addId } from './id.js'
import { addInspect } from './inspect.js'
import { addKeygen } from './keygen.js'
import { addListen } from './listen.js'
import { addPing } from './ping.js'
import { addPipe } from './pipe.js'
import { StalkCommand } from './stalk-command.js'
import { addTrust } from './trust.js'
import { usageError } from './exit-codes.js'
import { referenceHelp } from './reference.js'

/** The whole command line. Wrong usage throws a CommandError USAGE; help and version a CommanderError of exit code 0. */
export function stalkProgram(): Command {
  const program = new StalkCommand('stalk')
    .description('Encrypted, authenticated, structured messages over TCP.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', `\n${referenceHelp}`)
  addKeygen(program)
  addId(program)
  addListen(program)
  addConnect(program)
  addPipe(program)
  addPing(program)
  addBench(program)
  addDescribe(program)
  addCall(program)
  addTrust(program)
  addInspect(program)
  addCompletion(program)
  for (const command of withSubcommands(program)) throwUsage(command)
  return program
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

/** Commander prints nothing of its own but help and version, and every mistake becomes one line that says where to look. */
function throwUsage(command: Command): void {
  const full = nameOf(command)
  command.configureOutput({ writeErr: () => undefined })
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) throw error
    throw usageError(`${usageMessage(error).replaceAll('\n', ' ')}; see ${full} --help`, error)
  })
}

function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing'
  const sentence = message.replace(/^error: (?:command-argument )?|\.$/gu, '')
  // whoever writes host:port, as addresses are printed, has written one of the two
  return sentence === "missing required argument 'port'" ? `${sentence} (host and port are two words)` : sentence
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return version
}
