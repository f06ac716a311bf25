// A completion script for zsh: a function for each command, with zsh's own _arguments.
import { allCommands, type ArgumentNode, type CommandNode, type OptionNode, type Values } from './command-tree.js'

/** The script; it ends with a line break. It works as a file in $fpath, too. */
export function zshCompletion(program: CommandNode): string {
  return `#compdef ${program.name}
# zsh completion for ${program.name}, made by \`${program.name} completion zsh\`

${allCommands(program).map(functionOf).join('\n')}
if [[ $funcstack[1] == ${functionName(program)} ]]; then
  ${functionName(program)} "$@"
else
  compdef ${functionName(program)} ${program.name}
fi
`
}

function functionOf(node: CommandNode): string {
  return node.subcommands.length > 0 ? branchOf(node) : leafOf(node)
}

function leafOf(node: CommandNode): string {
  const specs = [...node.options.map(optionSpec), ...node.arguments.map(argumentSpec)]
  return `${functionName(node)}() {
  _arguments ${specs.map((spec) => `\\\n    ${spec}`).join(' ')}
}
`
}

function branchOf(node: CommandNode): string {
  const described = node.subcommands.map(({ name, summary }) => quote(`${escapeColons(name)}:${summary}`))
  return `${functionName(node)}() {
  local line state
  local -a commands
  commands=(${described.map((command) => `\n    ${command}`).join('')}
  )
  _arguments -C ${node.options.map((option) => `\\\n    ${optionSpec(option)}`).join(' ')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${node.subcommands.map((subcommand) => `        ${subcommand.name}) ${functionName(subcommand)} ;;\n`).join('')}      esac ;;
  esac
}
`
}

/** `'(-l --listen)'{-l,--listen}'[wait]'`, `'--identity=[directory]:dir:_files -/'`. */
function optionSpec({ names, description, flags, values }: OptionNode): string {
  const [placeholder = ''] = /(?<=[<[])\w+/u.exec(flags) ?? []
  const value = values === null ? '' : `:${placeholder}:${actionFor(values)}`
  // with the = a value may stand in the same word or in the next
  const rest = `${values === null ? '' : '='}[${escapeBrackets(escapeColons(description))}]${value}`
  if (names.length === 1) return quote(`${names.join('')}${rest}`)
  return `${quote(`(${names.join(' ')})`)}{${names.join(',')}}${quote(rest)}`
}

function argumentSpec({ name, usage, values }: ArgumentNode, index: number): string {
  const optional = usage.startsWith('[') ? ':' : ''
  return quote(`${index + 1}:${optional}${name}:${actionFor(values)}`)
}

function actionFor(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `(${values.choices.join(' ')})`
    case 'files':
      return '_files'
    case 'directories':
      return '_files -/'
    case 'anything':
      return ' '
  }
}

function functionName({ path }: CommandNode): string {
  return `_${path.replaceAll(/\W/gu, '_')}`
}

function escapeColons(text: string): string {
  return text.replaceAll(/[\\:]/gu, '\\$&')
}

function escapeBrackets(text: string): string {
  return text.replaceAll(/[[\]]/gu, '\\$&')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
