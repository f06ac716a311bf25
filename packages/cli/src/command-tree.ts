// What the command line knows of itself, for completion scripts and the man page: read off the commander program.
import type { Argument, Command, Option } from 'commander'

/** What can stand in a place. */
export type Values =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'directories' }
  | { readonly kind: 'anything' }

export interface OptionNode {
  /** `-l` and `--listen`, the short one first. */
  readonly names: readonly string[]
  /** As in the help: `--identity <dir>`. */
  readonly flags: string
  readonly description: string
  /** Null: it takes no value. */
  readonly values: Values | null
}

export interface ArgumentNode {
  readonly name: string
  /** `<host>`, `[file]`. */
  readonly usage: string
  readonly description: string
  readonly values: Values
}

export interface CommandNode {
  readonly command: Command
  /** With those above it: `stalk trust list`. */
  readonly path: string
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionNode[]
  readonly arguments: readonly ArgumentNode[]
  readonly subcommands: readonly CommandNode[]
}

/** A command with everything below it. */
export function commandTree(program: Command): CommandNode {
  return commandNode(program, '', [])
}

/** @param siblings the names of all commands beside it */
function commandNode(command: Command, above: string, siblings: readonly string[]): CommandNode {
  const help = command.createHelp()
  const path = `${above}${command.name()}`
  const subcommands = help.visibleCommands(command)
  const names = subcommands.map((subcommand) => subcommand.name())
  return {
    command,
    path,
    name: command.name(),
    summary: help.subcommandDescription(command),
    options: help.visibleOptions(command).map(optionNode),
    arguments: command.registeredArguments.map((argument) => argumentNode(argument, siblings)),
    subcommands: subcommands.map((subcommand) => commandNode(subcommand, `${path} `, names)),
  }
}

/** A command and everything below it, one after the other. */
export function allCommands(node: CommandNode): CommandNode[] {
  return [node, ...node.subcommands.flatMap(allCommands)]
}

function optionNode({ short, long, flags, description, argChoices, required, optional }: Option): OptionNode {
  const [, placeholder = ''] = /[<[](\w+)/u.exec(flags) ?? []
  return {
    names: [short, long].filter((name) => name !== undefined),
    flags,
    description,
    values: required || optional ? valuesOf(placeholder, argChoices) : null,
  }
}

function argumentNode(argument: Argument, siblings: readonly string[]): ArgumentNode {
  const { description, argChoices, required } = argument
  const name = argument.name()
  // the argument of `help` is one of the commands beside it
  const choices = name === 'command' ? siblings : argChoices
  return { name, usage: required ? `<${name}>` : `[${name}]`, description, values: valuesOf(name, choices) }
}

/** The name of a value says whether it is a file. */
function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'choices', choices }
  if (name === 'dir') return { kind: 'directories' }
  // an identity may be given as text, which nobody types, or as the file that it is in
  return { kind: name === 'file' || name === 'identity' ? 'files' : 'anything' }
}
