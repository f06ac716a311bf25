// A completion script for fish.
import { allCommands, type CommandNode, type Values } from './command-tree.js'

/** The script; it ends with a line break. */
export function fishCompletion(program: CommandNode): string {
  const commands = allCommands(program)
  const paths = commands.slice(1).map(({ path }) => quote(path))
  return `# fish completion for ${program.name}, made by \`${program.name} completion fish\`

# which command it is
function __stalk_command
  set -l command ${program.name}
  for word in (commandline -opc)[2..-1]
    switch "$command $word"
      case ${paths.join(' ')}
        set command "$command $word"
    end
  end
  echo $command
end

complete -c ${program.name} -f
${commands.flatMap((command) => linesOf(command, program.name)).join('\n')}
`
}

function linesOf({ path, options, subcommands, arguments: registered }: CommandNode, program: string): string[] {
  const here = `complete -c ${program} -n ${quote(`test (__stalk_command) = "${path}"`)}`
  return [
    ...subcommands.map(({ name, summary }) => `${here} -a ${quote(name)} -d ${quote(summary)}`),
    ...options.map(({ names, description, values }) => {
      const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      const value = values === null ? [] : [`-r ${actionFor(values)}`]
      return [here, ...flags, ...value, `-d ${quote(description)}`].join(' ')
    }),
    // fish does not count: what may stand in some place is offered in all
    ...registered.flatMap(({ values }) => (values.kind === 'anything' ? [] : [`${here} ${actionFor(values)}`])),
  ]
}

function actionFor(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `-f -a ${quote(values.choices.join(' '))}`
    case 'files':
      return '-F'
    case 'directories':
      return `-f -a ${quote('(__fish_complete_directories)')}`
    case 'anything':
      return '-f'
  }
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/gu, '\\$&')}'`
}
