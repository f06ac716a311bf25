import { Command, type ParseOptionsResult } from 'commander'

/** A command to which a fingerprint is never an option, although one of 64 begins with `-`. `--` works all the same. */
export class StalkCommand extends Command {
  override createCommand(name?: string): StalkCommand {
    return new StalkCommand(name)
  }

  /** Commander asks every command from the outermost to the one that is meant, each of which knows its own options only. */
  override parseOptions(args: string[]): ParseOptionsResult {
    const { operands, unknown } = super.parseOptions(args.map((word, index) => this.#hide(word, args[index - 1])))
    return { operands: operands.map(show), unknown: unknown.map(show) }
  }

  /** The value of an option is left as it is: commander hands it over from in there, and takes it whatever it begins with. */
  #hide(word: string, before: string | undefined): string {
    const isValue = this.options.some(({ required, short, long }) => required && (before === short || before === long))
    return !isValue && fingerprintLikeOption.test(word) ? `${mark}${word}` : word
  }
}

const fingerprintLikeOption = /^-[\w-]{42}$/u

/** No word of a command line can have this. */
const mark = '\0'

function show(word: string): string {
  return word.startsWith(mark) ? word.slice(mark.length) : word
}
