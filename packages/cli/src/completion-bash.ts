// A completion script for bash, 3.2 or newer. It needs nothing of the package bash-completion.
import { allCommands, type CommandNode, type Values } from './command-tree.js'

/** The script; it ends with a line break. */
export function bashCompletion(program: CommandNode): string {
  const commands = allCommands(program)
  return `# bash completion for ${program.name}, made by \`${program.name} completion bash\`

_stalk() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=${program.name} option= position=0 i word
  COMPREPLY=()
  # which command it is, and what comes now: the value of an option, or which argument
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$command $word" in
      ${patterns(commands.slice(1).map(({ path }) => path))})
        command="$command $word" position=0 ;;
      ${patterns(commands.flatMap(valuedOptions).map(([key]) => key))})
        # bash takes the = of --option=value for a word of its own
        [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
        ((++i >= COMP_CWORD)) && option="$command $word" ;;
      *' -'*) ;;
      *) ((position++)) ;;
    esac
  done
  [[ $cur == = ]] && cur=
  case "$option" in
    '') ;;
${cases(commands.flatMap(valuedOptions))}    *) return ;;
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${cases(commands.map(({ path, options }) => [path, choices(options.flatMap(({ names }) => names))]))}    esac
    return
  fi
  case "$command $position" in
${cases(commands.flatMap(positions))}  esac
}

_stalk_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# -f for files, -d for directories
_stalk_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "$1" -- "$cur")
}

complete -F _stalk ${program.name}
`
}

type Case = readonly [key: string, values: Values]

function valuedOptions({ path, options }: CommandNode): Case[] {
  return options.flatMap(({ names, values }) =>
    values === null ? [] : names.map((name): Case => [`${path} ${name}`, values]),
  )
}

/** What stands in each place that is no option. */
function positions({ path, subcommands, arguments: registered }: CommandNode): Case[] {
  if (subcommands.length > 0) return [[`${path} 0`, choices(subcommands.map(({ name }) => name))]]
  return registered.map(({ values }, index): Case => [`${path} ${index}`, values])
}

function choices(words: readonly string[]): Values {
  return { kind: 'choices', choices: words }
}

/** Branches of a `case`, those with the same values as one. */
function cases(all: readonly Case[]): string {
  const keys = new Map<string, string[]>()
  for (const [key, values] of all) {
    const action = actionFor(values)
    if (action !== null) keys.set(action, [...(keys.get(action) ?? []), key])
  }
  return [...keys].map(([action, of]) => `    ${patterns(of)})\n      ${action}\n      return ;;\n`).join('')
}

function actionFor(values: Values): string | null {
  switch (values.kind) {
    case 'choices':
      return `_stalk_words ${quote(values.choices.join(' '))}`
    case 'files':
      return '_stalk_files -f'
    case 'directories':
      return '_stalk_files -d'
    case 'anything':
      return null
  }
}

function patterns(words: readonly string[]): string {
  return words.map(quote).join(' | ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
