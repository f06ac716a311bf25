import { StalkError } from '../errors.js'
import { peerListVersion, readPeerList } from '../identity/peer-list-file.js'
import { parseAuthorizedPeers } from '../identity/peer-lists.js'
import type { Authorize } from './authorize.js'

/**
 * Who may come in, from a file: an identity or its fingerprint a line, as in `authorized_keys`, then a comment if you like. The file is
 * read again when it has changed. While it cannot be read, or a line is wrong, nobody comes in: AUTHORIZATION_FAILED, with the reason.
 *
 * @returns what `authorize` takes
 * @throws StalkError PEER_LIST_IO (also if there is no such file), PEER_LIST_INVALID
 */
export async function authorizedPeers(path: string): Promise<Authorize> {
  if (typeof (path as unknown) !== 'string' || path === '')
    throw new TypeError('authorizedPeers takes the path of a file')
  let list = await read(path)
  return async (peerIdentity) => {
    if (peerIdentity === null) return { allowed: false, reason: 'anonymous peers are not on the list' }
    if ((await peerListVersion(path)) !== list.version) list = await read(path)
    return list.fingerprints.has(peerIdentity.fingerprint) || { allowed: false, reason: 'you are not on the list' }
  }
}

async function read(path: string): Promise<{ version: string; fingerprints: ReadonlySet<string> }> {
  const file = await readPeerList(path)
  if (file === null) throw new StalkError('PEER_LIST_IO', `there is no list of authorized peers ${path}`)
  const peers = parseAuthorizedPeers(file.text, path)
  return { version: file.version, fingerprints: new Set(peers.map(({ fingerprint }) => fingerprint)) }
}
