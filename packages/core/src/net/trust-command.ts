import type { Identity } from '../identity/identity.js'
import { defaultKnownPeersPath } from '../identity/peer-list-file.js'
import type { ServerAddress } from './trust.js'

/** What adds a server to a list, as one types it into a shell: for the message of an error. */
export function trustAddCommand({ host, port }: ServerAddress, identity: Identity, path: string): string {
  const list = path === defaultKnownPeersPath() ? [] : ['--known-peers', path]
  return ['stalk', 'trust', 'add', host, String(port), identity.toString(), ...list].map(shellWord).join(' ')
}

function shellWord(text: string): string {
  return /^[\w%+,./:=@-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
