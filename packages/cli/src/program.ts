import { createRequire } from 'node:module'
import { Argument, Command, InvalidArgumentError, Option, type CommanderError } from 'commander'
import { connectCommand } from './connect.js'
import { id } from './id.js'
import { inspect } from './inspect.js'
import { keygen } from './keygen.js'
import { listenCommand } from './listen.js'
import { pingCommand } from './ping.js'
import { addTrusted, listTrusted, removeTrusted } from './trust.js'
import { exitCodesHelp, usageError } from './exit-codes.js'

/** The whole command line. Wrong usage throws a CommandError USAGE; help and version a CommanderError of exit code 0. */
export function stalkProgram(): Command {
  const program = new Command('stalk')
    .description('Encrypted, authenticated, structured messages over TCP.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', `\n${environmentHelp}\n\n${exitCodesHelp}`)
  addKeygen(program)
  addId(program)
  addListen(program)
  addConnect(program)
  addPing(program)
  addTrust(program)
  addInspect(program)
  for (const command of withSubcommands(program)) throwUsage(command)
  return program
}

const environmentHelp = `Environment:
  STALK_HOME        directory of the default identity and of known_peers; if it is not set, ~/.stalk, then ~/.spack
  STALK_PASSPHRASE  of an encrypted id_priv; for keygen --passphrase without a terminal
  STALK_DEBUG       1: print stack traces
  STALKKEYLOG       a file to which the secrets of stalk/2 connections are added, for debugging only
  NO_COLOR          no colour; without a terminal there is none anyway`

const formHelp = `A message in JSON is one line, an array of pairs [type, value]:
  [["integer",1],["string","hi"],["byte[]","0a0b"],["float64[]",[1.5,"NaN"]]]
  integer                number, or its digits as a string ("0x…" in hexadecimal): beyond 2^53 - 1 only so
  float32 float64        number, "NaN", "Infinity", "-Infinity", "-0"
  byte                   number from 0 to 255
  string                 string
  byte[]                 string of hexadecimal digits
  integer[] float32[] float64[]  array of such values
What listen --json and connect --json print, connect takes.`

function addKeygen(program: Command): void {
  program
    .command('keygen')
    .summary('make an identity')
    .description('Makes an identity: id_priv and id_pub in a directory. Prints its fingerprint and its text form.')
    .addOption(protocolOption('what it is for'))
    .addOption(
      new Option('--type <type>', 'kind of key (stalk/2: ed25519; stalk/1 knows rsa only)').choices(['ed25519', 'rsa']),
    )
    .option('--bits <number>', 'size of an RSA key (stalk/1: 2048, stalk/2: 3072)', wholeNumber)
    .option('--out <dir>', 'where to ($STALK_HOME or ~/.stalk)')
    .option('--passphrase', 'encrypt id_priv: asks twice, or takes $STALK_PASSPHRASE; stalk/2 only')
    .option('--force', 'replace the identity that is there, for good')
    .option('--json', 'print one line of JSON')
    .action(keygen)
}

function addId(program: Command): void {
  program
    .command('id')
    .summary('print the fingerprint and the text form of an identity')
    .description('Prints the fingerprint of an identity, and its text form, which a peer passes as --server-identity.')
    .argument('[file]', 'an id_pub file, a directory with one, or a text form (default: the default identity)')
    .addOption(
      new Option('--only <what>', 'print one of the two, without a label')
        .choices(['fingerprint', 'identity'])
        .conflicts('json'),
    )
    .option('--json', 'print one line of JSON')
    .action(id)
}

function addListen(program: Command): void {
  program
    .command('listen')
    .summary('print the messages that arrive')
    .description(
      'Listens and prints every message that arrives. Where it listens, and the command that connects to it, stand on ' +
        'the standard error. Ends at SIGINT or SIGTERM.',
    )
    .addArgument(hostArgument('address to listen on; 0.0.0.0 or :: for all'))
    .argument('<port>', 'port to listen on; 0 for any free one', portFrom(0))
    .addOption(protocolOption('what to speak; both sides must mean the same'))
    .option('--identity <dir>', 'directory of our identity (default: the default identity)')
    .option('--allow-anonymous', 'let peers in that have no identity')
    .option(
      '--authorized-peers <file>',
      'let in only who is in this file: an identity or a fingerprint a line; read again when it changes',
    )
    .option('--json', 'print messages as JSON, one a line, without the peer’s address')
    .option('--echo', 'send every message back')
    .addHelpText('after', `\n${formHelp}`)
    .action(listenCommand)
}

function addConnect(program: Command): void {
  const command = program
    .command('connect')
    .summary('send lines as messages, print the replies')
    .description(
      'Connects and sends every line of the standard input as a message, prints every message that comes back. After ' +
        'the last line it goes on printing until the peer closes.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
  addDialing(command)
    .option(
      '--text',
      'a line is a text, not JSON; replies that are one string are printed bare, control characters escaped',
    )
    .option('--json', 'print replies as JSON, one a line')
    .option('--reply', 'wait for one reply to each line before the next is sent')
    .addHelpText(
      'after',
      `\nWithout --server-identity the server is looked up in the list of known peers. One that was never seen is asked
about on a terminal; one whose identity has changed is always refused.

Over stalk/1 both sides must take turns: use --reply with a peer that answers, or the connection breaks
(STALK1_OUT_OF_STEP). Without --json replies are shown for people: long values are cut.

${formHelp}`,
    )
    .action(connectCommand)
}

function addPing(program: Command): void {
  const command = program
    .command('ping')
    .summary('measure round trips')
    .description(
      'Connects, and measures round trips over the connection until SIGINT, or as many as you say. stalk/2 only.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
  addDialing(command)
    .option('--count <number>', 'end after so many', wholeNumber)
    .option('--interval <seconds>', 'between two, half a second at least', milliseconds, 1000)
    .action(pingCommand)
}

/** Whom to reach, and as whom. */
function addDialing(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--server-identity <identity>',
        'who the server must be: its text form (stalk/2:ed25519:…), its fingerprint, or its id_pub file',
      ).conflicts('unverified'),
    )
    .option('--unverified', 'do not check who the server is: anybody may be')
    .addOption(
      new Option('--trust <policy>', 'a server that was never seen (default: ask on a terminal, otherwise strict)')
        .choices(['ask', 'accept-new', 'strict'])
        .conflicts(['serverIdentity', 'unverified']),
    )
    .addOption(knownPeersOption().conflicts(['serverIdentity', 'unverified']))
    .addOption(protocolOption('what to speak; both sides must mean the same'))
    .addOption(
      new Option('--identity <dir>', 'directory of our identity (default: the default identity)').conflicts(
        'anonymous',
      ),
    )
    .option('--anonymous', 'connect without an identity of our own, which the listener has to allow')
    .option(
      '--timeout <seconds>',
      'until the connection is there, in all (default: 10, and 30 more for a listener that has to decide)',
      milliseconds,
    )
}

function addTrust(program: Command): void {
  const trust = program
    .command('trust')
    .summary('show and change the list of known servers')
    .description('The servers that `stalk connect` knows, and by which identity: `~/.stalk/known_peers`.')
  trust
    .command('list')
    .summary('print them')
    .description('Prints the address and the fingerprint of every known server.')
    .addOption(knownPeersOption())
    .option('--json', 'print one line of JSON for each')
    .action(listTrusted)
  trust
    .command('add')
    .summary('add one')
    .description('Adds a server, beside what is known of it: both identities are expected then.')
    .addArgument(hostArgument('where the server is, as you write it for connect'))
    .argument('<port>', 'its port', portFrom(1))
    .argument('<identity>', 'its text form (stalk/2:ed25519:…) or its id_pub file')
    .addOption(knownPeersOption())
    .action(addTrusted)
  trust
    .command('remove')
    .summary('take one out')
    .description('Takes a server out: the next connection sees it for the first time.')
    .addArgument(hostArgument('where the server is'))
    .argument('<port>', 'its port', portFrom(1))
    .argument('[fingerprint]', 'only this identity of it')
    .addOption(knownPeersOption())
    .action(removeTrusted)
}

function knownPeersOption(): Option {
  return new Option(
    '--known-peers <file>',
    'the list of known servers (default: known_peers in $STALK_HOME or ~/.stalk)',
  )
}

function addInspect(program: Command): void {
  program
    .command('inspect')
    .summary('print what a captured connection says')
    .description(
      'Reads a captured stalk/2 connection and prints its handshake, its records and its messages, as far as a key log has ' +
        'the secrets. > is what the connecting side sent, < what the listening side sent.',
    )
    .argument('<file>', 'the capture; - for the standard input')
    .option('--key-log <file>', 'the file that STALKKEYLOG named on either side (default: $STALKKEYLOG)')
    .option('--json', 'print one line of JSON for each part')
    .addHelpText(
      'after',
      `\nA capture has one line for each piece of either direction:
  {"from":"initiator","hex":"7374616c6b2f320a…"}
  {"from":"responder","hex":"01…"}
or is what tshark makes of a recorded connection:
  tcpdump -i lo -w talk.pcap tcp port 4000
  tshark -r talk.pcap -q -z follow,tcp,raw,0 | stalk inspect - --key-log keys.log
Ends with 7 if a part of it is damaged or cut.`,
    )
    .action(inspect)
}

function protocolOption(description: string): Option {
  return new Option('--protocol <name>', description).choices(['stalk/1', 'stalk/2']).default('stalk/2', 'stalk/2')
}

function hostArgument(description: string): Argument {
  return new Argument('<host>', description).argParser((value) => {
    if (value === '') throw new InvalidArgumentError('It is empty.')
    return value
  })
}

function portFrom(lowest: number): (value: string) => number {
  return (value) => {
    const port = /^\d{1,5}$/u.test(value) ? Number(value) : -1
    if (port >= lowest && port <= 65_535) return port
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to 65535 (the host comes first).`)
  }
}

function wholeNumber(value: string): number {
  if (/^\d{1,9}$/u.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a whole number.')
}

function milliseconds(value: string): number {
  const result = /^\d+(?:\.\d+)?$/u.test(value) ? Math.round(Number(value) * 1000) : 0
  // the most that a timer of node takes
  if (result >= 1 && result <= 0x7fff_ffff) return result
  throw new InvalidArgumentError('It must be a number of seconds from 0.001 to 2147483.')
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
    const message =
      error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: |\.$/gu, '')
    throw usageError(`${message.replaceAll('\n', ' ')}; see ${full} --help`, error)
  })
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return version
}
