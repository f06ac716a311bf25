import { Argument, type Command } from 'commander'
import { bashCompletion } from './completion-bash.js'
import { fishCompletion } from './completion-fish.js'
import { zshCompletion } from './completion-zsh.js'
import { commandTree, type CommandNode } from './command-tree.js'
import { addNotes } from './help-notes.js'
import { printLine } from './output.js'

type Shell = 'bash' | 'zsh' | 'fish'

const scripts: Readonly<Record<Shell, (program: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .summary('print a script with which a shell completes this command')
    .description('Prints a script for a shell, which then completes commands, options, their values and files.')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(scripts)))
    .action((shell: Shell) => printLine(scripts[shell](commandTree(program)).trimEnd()))
  addNotes(command, completionNotes)
}

const completionNotes = `In the file that the shell reads at its start:
  ~/.bashrc                    source <(stalk completion bash)
  ~/.zshrc, after compinit     source <(stalk completion zsh)
  ~/.config/fish/config.fish   stalk completion fish | source`
