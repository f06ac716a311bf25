import { Option, type Command } from 'commander'
import { loadPublicIdentity } from './identities.js'
import { describeIdentity } from './describe-identity.js'
import { printLine } from './output.js'

/** As commander hands them over. */
interface IdOptions {
  readonly only?: 'fingerprint' | 'identity'
  readonly json?: true
}

export function addId(program: Command): void {
  program
    .command('id')
    .summary('print the fingerprint and the text form of an identity')
    .description('Prints the fingerprint of an identity, and its text form, which a peer passes as --server-identity.')
    .argument('[file]', 'an id_pub file, a directory with one, or a text form (default: the default identity)')
    .addOption(
      new Option('--only <what>', 'print one of the two, without a label')
        .choices(['fingerprint', 'identity'])
        .conflicts('json'),
    )
    .option('--json', 'print one line of JSON')
    .action(id)
}

/** Prints the public half of an identity. */
async function id(file: string | undefined, { only, json }: IdOptions): Promise<void> {
  const identity = await loadPublicIdentity(file)
  await printLine(describeIdentity(identity, only ?? (json ? 'json' : 'lines')))
}
