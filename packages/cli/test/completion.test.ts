// The scripts at work in the shells themselves; zsh and fish only where they are installed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { bashCompletion } from '#src/completion-bash.js'
import { fishCompletion } from '#src/completion-fish.js'
import { zshCompletion } from '#src/completion-zsh.js'
import { allCommands, commandTree } from '#src/command-tree.js'
import { stalkProgram } from '#src/program.js'
import { temporaryDirectory } from './support/identities.js'
import { run } from './support/stalk-process.js'

const tree = commandTree(stalkProgram())
const home = await temporaryDirectory()
after(() => home.remove())
await mkdir(path.join(home.path, 'a directory'))
await writeFile(path.join(home.path, 'a file'), '')

/** What a shell says to a script, in a directory with `a file` and `a directory`. */
function inShell(shell: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(shell, args, {
    cwd: home.path,
    input,
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

/** Completes lines in one bash: the words of each, of which the last is being typed. */
function completeInBash(lines: readonly (readonly string[])[]): string[][] {
  const ask = lines.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _stalk; printf '%s\\t' "\${COMPREPLY[@]}"; echo`
  })
  const script = `${bashCompletion(tree)}\ncomplete -p stalk\n${ask.join('\n')}\n`
  const [registered, ...answers] = inShell('bash', ['--norc'], script).trimEnd().split('\n')
  assert.equal(registered, 'complete -F _stalk stalk')
  return answers.map((answer) => answer.split('\t').filter((word) => word !== ''))
}

test('stalk completion prints the script of the shell that is named', async () => {
  const { code, stdout } = await run(['completion', 'bash'])
  assert.deepEqual([code, stdout], [0, bashCompletion(tree)])
  const unknown = await run(['completion', 'csh'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /Allowed choices are bash, zsh, fish/u)
})

test('bash completes every command and every option of the program', () => {
  const commands = allCommands(tree)
  const answers = completeInBash(
    commands.flatMap(({ path: name }) => [
      [...name.split(' '), ''],
      [...name.split(' '), '-'],
    ]),
  )
  for (const [index, { path: name, subcommands, options }] of commands.entries()) {
    const [words = [], flags = []] = answers.slice(2 * index)
    if (subcommands.length > 0)
      assert.deepEqual(
        words,
        subcommands.map((subcommand) => subcommand.name),
        name,
      )
    assert.deepEqual(
      flags,
      options.flatMap(({ names }) => names),
      name,
    )
  }
})

test('bash completes choices, files and directories where they belong, and nothing elsewhere', () => {
  const cases: readonly (readonly [line: string, expected: readonly string[]])[] = [
    ['stalk k', ['keygen']],
    ['stalk trust r', ['remove']],
    ['stalk help tr', ['trust']],
    ['stalk completion ', ['bash', 'zsh', 'fish']],
    ['stalk listen --protocol ', ['stalk/1', 'stalk/2']],
    ['stalk listen --protocol =', ['stalk/1', 'stalk/2']],
    ['stalk listen --protocol = stalk/2', ['stalk/2']],
    ['stalk connect host 4000 --trust a', ['ask', 'accept-new']],
    ['stalk connect --identity ', ['a directory']],
    ['stalk pipe --output a', ['a directory', 'a file']],
    ['stalk inspect a', ['a directory', 'a file']],
    ['stalk inspect --key-log keys a', ['a directory', 'a file']],
    ['stalk trust add host 1 a', ['a directory', 'a file']],
    ['stalk trust add a', []],
    ['stalk connect --timeout ', []],
    ['stalk connect --identity listen --ech', []],
  ]
  const answers = completeInBash(cases.map(([line]) => line.split(' ')))
  for (const [index, [line, expected]] of cases.entries()) {
    assert.deepEqual([line, (answers[index] ?? []).sort()], [line, [...expected].sort()])
  }
})

const hasFish = spawnSync('fish', ['--version']).status === 0
test('fish completes commands, options, choices and files', { skip: !hasFish && 'there is no fish here' }, () => {
  const complete = (line: string): string => `complete -C '${line}'; echo ==`
  const lines = ['stalk k', 'stalk trust ', 'stalk connect --trus', 'stalk listen --protocol ', 'stalk inspect a']
  const answers = inShell('fish', [
    '--no-config',
    '-c',
    `${fishCompletion(tree)}\n${lines.map(complete).join('\n')}`,
  ]).split('==\n')
  assert.match(answers[0] ?? '', /^keygen\tmake an identity\n$/u)
  for (const name of ['list', 'add', 'remove', 'help']) assert.match(answers[1] ?? '', new RegExp(`^${name}\t`, 'mu'))
  assert.match(answers[2] ?? '', /^--trust\t/u)
  assert.match(answers[3] ?? '', /^stalk\/1\t.*\nstalk\/2\t/u)
  assert.match(answers[4] ?? '', /^a directory\/.*\na file/u)
})

const hasZsh = spawnSync('zsh', ['--version']).status === 0
test('zsh takes the script and has a function for each command', { skip: !hasZsh && 'there is no zsh here' }, () => {
  const script = `autoload -U compinit; compinit -u -D\n${zshCompletion(tree)}\nprint $_comps[stalk]; print -l \${(k)functions[(I)_stalk*]}`
  const [registered, ...functions] = inShell('zsh', ['-f'], script).trimEnd().split('\n')
  assert.equal(registered, '_stalk')
  assert.deepEqual(
    functions.sort(),
    allCommands(tree)
      .map(({ path: name }) => `_${name.replaceAll(' ', '_')}`)
      .sort(),
  )
})
