import { loadPublicIdentity } from './identities.js'
import { describeIdentity } from './describe-identity.js'
import { printLine } from './output.js'

/** As commander hands them over. */
export interface IdOptions {
  readonly only?: 'fingerprint' | 'identity'
  readonly json?: true
}

/** Prints the public half of an identity. */
export async function id(file: string | undefined, { only, json }: IdOptions): Promise<void> {
  const identity = await loadPublicIdentity(file)
  await printLine(describeIdentity(identity, only ?? (json ? 'json' : 'lines')))
}
