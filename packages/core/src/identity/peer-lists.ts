// The lines of known_peers and authorized_peers. `#` begins a comment line; empty lines do not count.
import { StalkError } from '../errors.js'
import { Identity } from './identity.js'
import { isFingerprint } from './pins.js'

/** A line of known_peers: `host:port identity`. */
export interface KnownPeer {
  /** From 1. */
  readonly line: number
  /** As {@link addressText} writes it. */
  readonly address: string
  readonly identity: Identity
}

/** A line of authorized_peers: an identity or its fingerprint, then a comment if one likes. */
export interface AuthorizedPeer {
  /** From 1. */
  readonly line: number
  readonly fingerprint: string
  readonly comment: string
}

/** `host:port`; an IPv6 address in brackets. */
export function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
  const name = host.toLowerCase()
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
}

/** What stands before the identity in a line. */
const addressForm = /^[^\s:]+:\d+$|^\[[^\s\]]+\]:\d+$/u

/** Throws TypeError for an address that a line of known_peers cannot have: one that is written all the same spoils the whole list. */
export function requireAddress(server: { readonly host: string; readonly port: number }): void {
  const { host, port } = server
  const isPort = Number.isInteger(port) && port >= 1 && port <= 65_535
  // `#` would make a comment of the line
  if (isPort && addressForm.test(addressText(server)) && !host.startsWith('#')) return
  throw new TypeError(
    'a list of known peers goes by addresses: name the peer with `host` (no white space, no brackets) and `port` ' +
      `(1 to 65535), not ${JSON.stringify(host)} and ${port}`,
  )
}

/** @throws StalkError PEER_LIST_INVALID with the line */
export function parseKnownPeers(text: string, path: string): KnownPeer[] {
  return entries(text).map(({ line, fields }) => {
    const [address = '', key, ...rest] = fields
    if (key === undefined || rest.length > 0 || !addressForm.test(address)) {
      throw invalid(path, line, 'it is not `host:port identity`')
    }
    return { line, address: address.toLowerCase(), identity: readIdentity(key, path, line) }
  })
}

/** @throws StalkError PEER_LIST_INVALID with the line */
export function parseAuthorizedPeers(text: string, path: string): AuthorizedPeer[] {
  return entries(text).map(({ line, fields: [key = '', ...comment] }) => {
    const fingerprint = isFingerprint(key) ? key : readIdentity(key, path, line).fingerprint
    return { line, fingerprint, comment: comment.join(' ') }
  })
}

/** The text of a list with one more line at its end. */
export function withLine(text: string, line: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** The text of a list without these lines, which count from 1. */
export function withoutLines(text: string, lines: readonly number[]): string {
  return text
    .split('\n')
    .filter((_, index) => !lines.includes(index + 1))
    .join('\n')
}

function entries(text: string): { line: number; fields: string[] }[] {
  return text
    .split('\n')
    .map((content, index) => ({ line: index + 1, content: content.trim() }))
    .filter(({ content }) => content !== '' && !content.startsWith('#'))
    .map(({ line, content }) => ({ line, fields: content.split(/\s+/u) }))
}

function readIdentity(text: string, path: string, line: number): Identity {
  try {
    return Identity.parse(text)
  } catch (cause) {
    throw invalid(path, line, cause instanceof Error ? cause.message : 'there is no identity', cause)
  }
}

function invalid(path: string, line: number, what: string, cause?: unknown): StalkError {
  return new StalkError('PEER_LIST_INVALID', `${path} line ${line}: ${what}`, cause)
}
