import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { allCommands, commandTree } from '#src/command-tree.js'
import { stalkProgram } from '#src/program.js'
import { endProcesses, run } from './support/stalk-process.js'

after(endProcesses)

for (const { path, command } of allCommands(commandTree(stalkProgram()))) {
  test(`the help of ${path} describes every option and argument`, () => {
    const help = command.helpInformation()
    for (const { flags, description } of command.options) {
      assert.ok(help.includes(flags), flags)
      assert.notEqual(description, '', flags)
    }
    for (const argument of command.registeredArguments) {
      assert.ok(help.includes(argument.name()))
      if (command.name() !== 'help') assert.notEqual(argument.description, '')
    }
  })
}

test('the help of a command is on stdout, with the notes below its options, exit code 0', async () => {
  const { code, stdout, stderr } = await run(['connect', '--help'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^Usage: stalk connect .*^ {2}--server-identity .*^A message in JSON is one line/msu)
})

test('stalk --help names every command and every exit code; --version is that of the package', async () => {
  const [help, version] = await Promise.all([run(['--help']), run(['--version'])])
  assert.equal(help.code, 0)
  for (const command of stalkProgram().commands) assert.match(help.stdout, new RegExp(`^  ${command.name()} `, 'mu'))
  for (const exitCode of [0, 1, 2, 3, 4, 5, 6, 7, 130]) assert.match(help.stdout, new RegExp(`^  ${exitCode} `, 'mu'))
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/u)
})

test('the help of stalk trust names every command that goes by the list of known servers', () => {
  const { subcommands } = commandTree(stalkProgram())
  const description = subcommands.find(({ name }) => name === 'trust')?.command.description() ?? ''
  const users = subcommands.filter(({ options }) => options.some(({ names }) => names.includes('--known-peers')))
  assert.ok(users.length > 1)
  for (const { path } of users) assert.ok(description.includes(`\`${path}\``), path)
})

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /a command is missing; see stalk --help/u],
  [['liste'], /unknown command 'liste' \(Did you mean listen\?\)/u],
  [
    ['listen', '127.0.0.1'],
    /missing required argument 'port' \(host and port are two words\); see stalk listen --help/u,
  ],
  [['ping', 'h', '1', '--count', '0'], /whole number from 1/u],
  [['ping', 'h', '1', '--interval', '0.4'], /0\.75 seconds at least/u],
  [['connect', 'h', 'x'], /^value 'x' is invalid for argument 'port'/u],
  [['listen', '127.0.0.1', '65536', '--protocol', 'stalk/1'], /whole number from 0 to 65535/u],
  [['listen', '', '1', '--protocol', 'stalk/1'], /'' is invalid for argument 'host'/u],
  [['listen', '127.0.0.1', '0', '--protocol', 'tls'], /Allowed choices are stalk\/1, stalk\/2/u],
  [['listen', '127.0.0.1', '0', '--protocol', 'stalk/1', '--allow-anonymous'], /stalk\/1 knows no anonymous/u],
  [['connect', '127.0.0.1', '1', '--protocol', 'stalk/1', '--anonymous', '--unverified'], /stalk\/1 knows no anon/u],
  [['connect', '127.0.0.1', '1', '--anonymous', '--identity', 'x', '--unverified'], /cannot be used with/u],
  [['connect', '127.0.0.1', '0', '--unverified'], /whole number from 1 to 65535/u],
  [['connect', '127.0.0.1', '1', '--unverified', '--trust', 'strict'], /cannot be used with/u],
  [['connect', '127.0.0.1', '1', '--trust', 'maybe'], /Allowed choices are ask, accept-new, strict/u],
  [['trust'], /a command is missing; see stalk trust --help/u],
  [['trust', 'add', '127.0.0.1'], /missing required argument 'port' .*; see stalk trust add --help/u],
  [['trust', 'add', 'a host', '1', 'x'], /'a host' is invalid for argument 'host'\. A host has no white space/u],
  [['connect', '[::1]', '1', '--unverified'], /'\[::1\]' is invalid for argument 'host'/u],
  [['connect', '#h', '1', '--unverified'], /'#h' is invalid for argument 'host'/u],
  [['trust', 'remove', 'h', '1', 'short'], /a fingerprint has 43 characters/u],
  [['connect', 'h', '1', '--unverified', '--server-identity', 'x'], /cannot be used with/u],
  [['connect', 'h', '1', '--timeout', '0'], /number of seconds/u],
  [['id', '--only', 'identity', '--json'], /cannot be used with/u],
]
for (const [args, message] of wrong) {
  test(`wrong usage is exit code 2: stalk ${JSON.stringify(args.join(' '))}`, async () => {
    await assert.rejects(stalkProgram().parseAsync(args, { from: 'user' }), { code: 'USAGE', exitCode: 2, message })
  })
}

test('wrong usage is one line on stderr, without what a terminal might obey', async () => {
  const { code, stdout, stderr } = await run(['id', '--privat\u001b[31m'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.equal(stderr, "stalk: unknown option '--privat\\u001b[31m'; see stalk id --help (USAGE)\n")
})

test('STALK_DEBUG=1 adds the stack, without it there is none', async () => {
  const { stderr } = await run(['nonsense'], { environment: { STALK_DEBUG: '1' } })
  assert.match(stderr, /\n +at /u)
})
