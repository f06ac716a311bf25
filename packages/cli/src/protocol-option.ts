import { usageError } from './exit-codes.js'

/** What `--protocol` says: stalk/1 has to be asked for by name, and stalk/2 is still to come. */
export function requireProtocolOption(protocol: string | undefined): 'stalk/1' {
  if (protocol === 'stalk/1') return protocol
  const remedy = 'say --protocol stalk/1: this release of stalk speaks only that, and it must be asked for by name'
  if (protocol === undefined) throw usageError(remedy)
  const what = protocol === 'stalk/2' ? 'stalk/2 is not in this release' : `there is no ${JSON.stringify(protocol)}`
  throw usageError(`${what}: ${remedy}`)
}
