// What stands below the options of a command in its help: kept, so that the man page has it, too.
import type { Command } from 'commander'

const notes = new WeakMap<Command, string>()

/** Adds a text of several lines, which are printed as they are. */
export function addNotes(command: Command, text: string): Command {
  notes.set(command, text)
  return command.addHelpText('after', `\n${text}`)
}

/** The text that was added; empty for none. */
export function notesOf(command: Command): string {
  return notes.get(command) ?? ''
}
