import type { Identity } from '../identity/identity.js'
import { defaultKnownPeersPath } from '../identity/peer-list-file.js'
import type { ServerAddress } from './trust.js'

/** What adds a server to a list, as one types it into a shell: for the message of an error. */
export function trustAddCommand({ host, port }: ServerAddress, identity: Identity, path: string): string {
  const list = path === defaultKnownPeersPath() ? [] : ['--known-peers', path]
  return ['stalk', 'trust', 'add', host, String(port), identity.toString(), ...list].map(shellWord).join(' ')
}

function shellWord(text: string): string {
  if (/^[\w%+,./:=@-]+$/u.test(text)) return text
  if (text.search(controls) === -1) return `'${text.replaceAll("'", "'\\''")}'`
  return `$'${text.replace(/['\\]/gu, '\\$&').replace(controls, octal)}'`
}

/** What a terminal obeys or does not show: whoever prints an error escapes it, in another way than a shell understands. */
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function octal(control: string): string {
  return [...new TextEncoder().encode(control)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
