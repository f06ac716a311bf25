import { StalkError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import { defaultKnownPeersPath, readPeerList, updatePeerList } from '../identity/peer-list-file.js'
import {
  addressText,
  parseKnownPeers,
  requireAddress,
  withLine,
  withoutLines,
  type KnownPeer,
} from '../identity/peer-lists.js'
import type { Protocol } from '../identity/rsa-rules.js'
import { trustAddCommand } from './trust-command.js'
import type { Expectation, ServerAddress, TrustPolicy } from './trust.js'

/** Options of {@link knownPeers}. */
export interface KnownPeersOptions {
  /**
   * What to do with a server that the file does not know: `ask` your function, `accept-new` (add it, and expect it from then on), or
   * `strict` (refuse it). A server whose key has changed is refused whatever you say. Unless told otherwise `ask` with an `ask` function,
   * `strict` without.
   */
  readonly policy?: 'ask' | 'accept-new' | 'strict'
  /** Whether to trust a server that was never seen: show its fingerprint to somebody who can compare it. */
  readonly ask?: (server: ServerAddress & { readonly identity: Identity }) => boolean | Promise<boolean>
}

/**
 * Trusts the servers in a file that says which identity each has, `host:port identity` a line, and refuses all others unless told
 * otherwise. `knownPeers({ policy: 'accept-new' })` and `knownPeers({ ask })` are trust on first use: they add a server that was never seen.
 *
 * @param path `~/.stalk/known_peers`, or in `$STALK_HOME`, unless told otherwise; it need not exist, and may be left out before options
 * @throws TypeError for options that make no sense. Connecting with it throws PEER_CHANGED, PEER_UNKNOWN, PEER_LIST_INVALID, PEER_LIST_IO,
 *   and TypeError for a server without an address: `wrap` may need `host` and `port`.
 */
export function knownPeers(path?: string, options?: KnownPeersOptions): TrustPolicy
export function knownPeers(options: KnownPeersOptions): TrustPolicy
export function knownPeers(first?: string | KnownPeersOptions, second: KnownPeersOptions = {}): TrustPolicy {
  return typeof first === 'object' ? policyFor(defaultKnownPeersPath(), first) : policyFor(first, second)
}

function policyFor(path: string = defaultKnownPeersPath(), options: KnownPeersOptions): TrustPolicy {
  const { ask, policy = ask === undefined ? 'strict' : 'ask' } = options
  if (typeof (path as unknown) !== 'string' || path === '') throw new TypeError('knownPeers takes the path of a file')
  if (!['ask', 'accept-new', 'strict'].includes(policy)) {
    throw new TypeError(`policy is 'ask', 'accept-new' or 'strict', not ${JSON.stringify(policy)}`)
  }
  if (policy === 'ask' && typeof ask !== 'function') throw new TypeError("policy: 'ask' needs an ask function")
  return {
    async expect(server, protocol): Promise<Expectation> {
      requireAddress(server)
      const known = await peersAt(path, server, protocol)
      const check = (identity: Identity): void => checkKnown(known, identity, { path, server })
      if (known.length > 0 || policy === 'strict') return { check }
      const remember: Expectation['remember'] = (identity, { signal }) => add({ path, server }, identity, signal)
      if (policy === 'accept-new') return { check: () => undefined, isFirstUse: true, remember }
      return { check, remember, ask: async (identity) => (await ask?.({ ...server, identity })) === true }
    },
  }
}

/** What the file knows of a server, for the protocol. */
async function peersAt(path: string, server: ServerAddress, protocol: Protocol): Promise<KnownPeer[]> {
  const file = await readPeerList(path)
  return file === null ? [] : peersIn(file.text, { path, server, protocol })
}

interface Place {
  readonly path: string
  readonly server: ServerAddress
}

function peersIn(text: string, { path, server, protocol }: Place & { readonly protocol: Protocol }): KnownPeer[] {
  const address = addressText(server)
  return parseKnownPeers(text, path).filter((peer) => peer.address === address && peer.identity.protocol === protocol)
}

function checkKnown(known: readonly KnownPeer[], identity: Identity, { path, server }: Place): void {
  if (known.some((peer) => peer.identity.equals(identity))) return
  const address = addressText(server)
  const [first] = known
  if (first === undefined) {
    throw new StalkError(
      'PEER_UNKNOWN',
      `nothing is known of ${address}, which is ${identity.fingerprint}: compare that with what \`stalk id\` prints there. ` +
        `If it is the same, run \`${trustAddCommand(server, identity, path)}\``,
    )
  }
  const expected = known.map((peer) => `${peer.identity.fingerprint} (line ${peer.line})`).join(' or ')
  throw new StalkError(
    'PEER_CHANGED',
    `THE IDENTITY OF ${address} HAS CHANGED. Known in ${path}: ${expected}; now it is ${identity.fingerprint}. Either it has a new key, ` +
      'or somebody is in between: ask whoever runs it, over another way, before you change the file',
  )
}

/** Adds a server, unless another program was faster; that it says something else now is a change like any other. */
function add({ path, server }: Place, identity: Identity, signal: AbortSignal | undefined): Promise<void> {
  const change = (text: string): string => {
    const known = peersIn(text, { path, server, protocol: identity.protocol })
    if (known.length === 0) return withLine(text, `${addressText(server)} ${identity.toString()}`)
    checkKnown(known, identity, { path, server })
    return text
  }
  return updatePeerList(path, change, signal)
}

/**
 * What a list of known peers has, in its order.
 *
 * @param path as for {@link knownPeers}
 * @throws StalkError PEER_LIST_INVALID, PEER_LIST_IO
 */
export async function listKnownPeers(path: string = defaultKnownPeersPath()): Promise<KnownPeer[]> {
  const file = await readPeerList(path)
  return file === null ? [] : parseKnownPeers(file.text, path)
}

/**
 * Adds a server to a list of known peers, beside what the list has of it: both are expected then, for a key that is being replaced.
 *
 * @param path as for {@link knownPeers}
 * @returns false if the list had it
 * @throws TypeError for an address that no line of a list can have; StalkError PEER_LIST_INVALID, PEER_LIST_IO
 */
export async function addKnownPeer(
  server: ServerAddress,
  identity: Identity,
  path: string = defaultKnownPeersPath(),
): Promise<boolean> {
  requireAddress(server)
  let isNew = false
  await updatePeerList(path, (text) => {
    const known = peersIn(text, { path, server, protocol: identity.protocol })
    isNew = !known.some((peer) => peer.identity.equals(identity))
    return isNew ? withLine(text, `${addressText(server)} ${identity.toString()}`) : text
  })
  return isNew
}

/**
 * Takes a server out of a list of known peers.
 *
 * @param path as for {@link knownPeers}
 * @param fingerprint of the one identity that is to go; without it all of the server’s go
 * @returns what was taken out
 * @throws StalkError PEER_LIST_INVALID, PEER_LIST_IO
 */
export async function removeKnownPeer(
  server: ServerAddress,
  { path = defaultKnownPeersPath(), fingerprint }: { readonly path?: string; readonly fingerprint?: string } = {},
): Promise<KnownPeer[]> {
  let removed: KnownPeer[] = []
  await updatePeerList(path, (text) => {
    removed = parseKnownPeers(text, path).filter(
      ({ address, identity }) =>
        address === addressText(server) && (fingerprint === undefined || identity.fingerprint === fingerprint),
    )
    return withoutLines(
      text,
      removed.map(({ line }) => line),
    )
  })
  return removed
}
