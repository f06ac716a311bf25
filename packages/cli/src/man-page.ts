// The man page, made from the commander program: `npm run docs` writes it to man/stalk.1.
import { allCommands, commandTree, type CommandNode } from './command-tree.js'
import type { Command } from 'commander'
import { exitCodeMeanings } from './exit-codes.js'
import { notesOf } from './help-notes.js'
import { environment, files, type Table } from './reference.js'

/** The page in roff, as `man` takes it. */
export function manPage(program: Command): string {
  const tree = commandTree(program)
  const version = program.version() ?? ''
  return [
    `.\\" Made by npm run docs from the command itself: do not edit.`,
    `.TH STALK 1 "" "stalk ${version}" "User Commands"`,
    ...section('NAME', [text(`stalk - ${phrase(program.description())}`)]),
    ...section('SYNOPSIS', ['.B stalk', '.I command', `[${font('I', 'option')} ...] [${font('I', 'argument')} ...]`]),
    ...section('DESCRIPTION', paragraphs(description)),
    ...section('OPTIONS', optionsOf(tree)),
    ...section('COMMANDS', allCommands(tree).slice(1).filter(isOfItsOwn).flatMap(commandOf)),
    ...section('ENVIRONMENT', definitions(environment)),
    ...section('FILES', [
      'All of these are in the directory that STALK_HOME names, if it does.',
      ...definitions(files),
    ]),
    ...section('EXIT STATUS', definitions(exitCodeMeanings)),
    ...section('EXAMPLES', definitions(examples)),
    ...section('SEE ALSO', ['.BR ssh (1),', '.BR nc (1),', '.BR pv (1)']),
    '',
  ].join('\n')
}

const description = [
  'stalk connects two programs over TCP. Each side has a key, knows whom it expects, and sends messages of typed values that arrive as a unit, encrypted and authenticated.',
  'One side listens, the other connects. The side that connects says who must answer, or looks the server up in its list of known peers; the side that listens says who may come in. Make a key with stalk keygen first.',
  'Messages, identities and whatever else is data go to the standard output; everything for people goes to the standard error. What a peer sends is escaped before it is shown.',
]

const examples: Table = [
  ['stalk keygen', 'Makes an identity in ~/.stalk, and prints its fingerprint and its text form.'],
  ['stalk listen 127.0.0.1 4000', 'Prints what arrives. The line that connects to it stands on the standard error.'],
  ['stalk connect 127.0.0.1 4000 --text', 'Sends what is typed. Asks once whether to trust the server.'],
  [
    `stalk pipe --listen 0.0.0.0 4000 --authorized-peers laptop.txt --output notes.tar`,
    'Waits for one of the peers in laptop.txt; notes.tar appears once all of it has arrived.',
  ],
  [
    'tar c notes | stalk pipe example.org 4000',
    'Sends an archive there. Ends with 0 only if the other side has all of it.',
  ],
  ['stalk bench --listen 127.0.0.1 4000', 'Lets others measure with stalk bench 127.0.0.1 4000.'],
]

/** Not `help`, and no command that only has others below it. */
function isOfItsOwn({ name, subcommands }: CommandNode): boolean {
  return name !== 'help' && subcommands.length === 0
}

function commandOf(node: CommandNode): string[] {
  const usage = node.arguments.map((argument) => ` ${font('I', argument.usage)}`).join('')
  const notes = notesOf(node.command)
  return [
    `.SS "${text(node.path)}"`,
    `${font('B', node.path)} [${font('I', 'option')} ...]${usage}`,
    ...paragraphs([node.command.description()]),
    ...definitions(node.arguments.map((argument) => [argument.usage, argument.description])),
    ...optionsOf(node),
    ...(notes === '' ? [] : ['.PP', '.nf', ...notes.split('\n').map(text), '.fi']),
  ]
}

function optionsOf({ options, command }: CommandNode): string[] {
  const help = command.createHelp()
  const described = new Map(
    help.visibleOptions(command).map((option) => [option.flags, help.optionDescription(option)]),
  )
  // that every command has --help is said once
  const own = command.parent === null ? options : options.filter(({ names }) => !names.includes('--help'))
  return definitions(own.map(({ flags, description }) => [flags, described.get(flags) ?? description]))
}

/** A sentence as a part of one: `Prints it.` is `prints it`. */
function phrase(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/u, '')}`
}

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines]
}

function paragraphs(all: readonly string[]): string[] {
  return all.flatMap((paragraph) => ['.PP', text(paragraph)])
}

function definitions(table: Table): string[] {
  return table.flatMap(([name, meaning]) => ['.TP', font('B', name), text(meaning)])
}

function font(name: 'B' | 'I', content: string): string {
  return `\\f${name}${text(content)}\\fR`
}

/** As it is: no character of it is an instruction. */
function text(content: string): string {
  return content
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replaceAll(/[^\p{ASCII}]/gu, (character) => `\\[u${hexOf(character)}]`)
    .replace(/^\./u, '\\&.')
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
