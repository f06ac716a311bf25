import { addKnownPeer, listKnownPeers, removeKnownPeer, type Identity, type KnownPeer } from '@stalk/core'
import { CommandError, exitCodes, usageError } from './exit-codes.js'
import { loadPublicIdentity } from './identities.js'
import { formatAddress, note, printLine } from './output.js'

/** As commander hands them over. */
export interface TrustOptions {
  readonly knownPeers?: string
  readonly json?: true
}

/** Prints the known servers, one a line. */
export async function listTrusted({ knownPeers, json }: TrustOptions): Promise<void> {
  for (const peer of await listKnownPeers(knownPeers)) {
    await printLine(json ? jsonOf(peer) : `${peer.address} ${peer.identity.fingerprint}`)
  }
}

/** Adds a server. */
export async function addTrusted(host: string, port: number, key: string, { knownPeers }: TrustOptions): Promise<void> {
  const identity: Identity = await loadPublicIdentity(key)
  const isNew = await addKnownPeer({ host, port }, identity, knownPeers)
  note(`${formatAddress(host, port)} ${identity.fingerprint} ${isNew ? 'is known from now on' : 'was known already'}`)
}

/** Takes a server out, or one identity of it. */
export async function removeTrusted(
  host: string,
  port: number,
  fingerprint: string | undefined,
  { knownPeers: path }: TrustOptions,
): Promise<void> {
  if (fingerprint !== undefined && !/^[\w-]{43}$/u.test(fingerprint)) {
    throw usageError('a fingerprint has 43 characters: `stalk trust list` prints it')
  }
  const removed = await removeKnownPeer(
    { host, port },
    { ...(path !== undefined && { path }), ...(fingerprint !== undefined && { fingerprint }) },
  )
  if (removed.length === 0) {
    const what = fingerprint === undefined ? '' : ` with the fingerprint ${fingerprint}`
    throw new CommandError('PEER_UNKNOWN', `${formatAddress(host, port)}${what} is not known`, exitCodes.other)
  }
  for (const { address, identity } of removed) note(`${address} ${identity.fingerprint} is not known any more`)
}

function jsonOf({ line, address, identity }: KnownPeer): string {
  return JSON.stringify({ line, address, fingerprint: identity.fingerprint, identity: identity.toString() })
}
