import path from 'node:path'
import { Identity, StalkError, type Protocol } from '@stalk/core'
import { Option, type Command } from 'commander'
import { protocolOption, wholeNumberFrom } from './arguments.js'
import { usageError } from './exit-codes.js'
import { defaultDirectory, exists } from './identities.js'
import { describeIdentity } from './describe-identity.js'
import { note, printLine } from './output.js'
import { choosePassphrase } from './passphrase.js'

/** As commander hands them over. */
interface KeygenOptions {
  readonly type?: 'ed25519' | 'rsa'
  readonly bits?: number
  readonly protocol: Protocol
  readonly out?: string
  readonly passphrase?: true
  readonly force?: true
  readonly json?: true
}

export function addKeygen(program: Command): void {
  program
    .command('keygen')
    .summary('make an identity')
    .description('Makes an identity: id_priv and id_pub in a directory. Prints its fingerprint and its text form.')
    .addOption(protocolOption('what it is for'))
    .addOption(
      new Option('--type <type>', 'kind of key (stalk/2: ed25519; stalk/1 knows rsa only)').choices(['ed25519', 'rsa']),
    )
    .option('--bits <number>', 'size of an RSA key (stalk/1: 2048, stalk/2: 3072)', wholeNumberFrom(0))
    .option('--out <dir>', 'where to ($STALK_HOME or ~/.stalk)')
    .option('--passphrase', 'encrypt id_priv: asks twice, or takes $STALK_PASSPHRASE; stalk/2 only')
    .option('--force', 'replace the identity that is there, for good')
    .option('--json', 'print one line of JSON')
    .action(keygen)
}

/** Makes an identity, writes its files, prints its public half. */
async function keygen(options: KeygenOptions): Promise<void> {
  const { protocol, bits, force = false, json = false } = options
  const type = options.type ?? (protocol === 'stalk/1' ? 'rsa' : 'ed25519')
  if (protocol === 'stalk/1' && type === 'ed25519') throw usageError('stalk/1 knows RSA keys only: leave --type out')
  if (type === 'ed25519' && bits !== undefined) throw usageError('--bits is for --type rsa: an Ed25519 key has 256')
  if (protocol === 'stalk/1' && options.passphrase) {
    throw usageError('the file format of stalk/1 has no passphrase: leave --passphrase out')
  }

  const directory = path.resolve(options.out ?? defaultDirectory())
  // asked early, because of the time that a passphrase and a key take; `save` makes sure
  if (!force) await refuseToOverwrite(directory)
  const passphrase = options.passphrase ? await choosePassphrase() : undefined
  const identity = await generate(type, protocol, bits)
  await identity.save(directory, { passphrase, force })

  note(`saved in ${directory}: id_priv (keep it secret) and id_pub`)
  await printLine(describeIdentity(identity, json ? 'json' : 'lines', { directory }))
}

async function refuseToOverwrite(directory: string): Promise<void> {
  for (const name of ['id_priv', 'id_pub']) {
    const file = path.join(directory, name)
    if (!(await exists(file))) continue
    throw new StalkError(
      'IDENTITY_EXISTS',
      `${file} is there already: choose another directory with --out, or --force to replace it for good`,
    )
  }
}

async function generate(type: 'ed25519' | 'rsa', protocol: Protocol, bits: number | undefined): Promise<Identity> {
  if (type === 'ed25519') return Identity.generate({ type })
  try {
    return await Identity.generate({ type, protocol, bits })
  } catch (error) {
    throw error instanceof RangeError ? usageError(`--bits: ${error.message}`, error) : error
  }
}
