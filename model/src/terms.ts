// What is sent, kept and computed, as symbols: a hash has no inverse, a cipher opens with its key alone, no two terms are equal by chance.
// Every term exists once: two that are equal are the same object.

/** The suite of an AEAD, by its number in SPEC, stalk/2 §2. */
export type SuiteId = number

export type Term =
  /** What everybody knows. */
  | { readonly id: number; readonly kind: 'constant'; readonly name: string }
  /** The public key of an identity; its private key is no term: see `Knowledge`. */
  | { readonly id: number; readonly kind: 'identity'; readonly owner: string }
  /** Shows what was signed. */
  | { readonly id: number; readonly kind: 'signature'; readonly owner: string; readonly message: Term }
  /**
   * An X25519 public key or shared secret: the base point times all `scalars`, in whatever order. `alias` is another encoding of
   * the same point, as by bit 255.
   */
  | { readonly id: number; readonly kind: 'point'; readonly scalars: readonly string[]; readonly alias: boolean }
  /** Any point of low order, and the shared secret that all of them give. */
  | { readonly id: number; readonly kind: 'zero' }
  | { readonly id: number; readonly kind: 'tuple'; readonly parts: readonly Term[] }
  | { readonly id: number; readonly kind: 'hash'; readonly of: Term }
  | {
      readonly id: number
      readonly kind: 'hkdf'
      readonly chain: Term
      readonly input: Term
      readonly output: 1 | 2 | 3
    }
  | {
      readonly id: number
      readonly kind: 'aead'
      readonly suite: SuiteId
      readonly key: Term
      readonly nonce: number
      readonly data: Term
      readonly plaintext: Term
    }
  /** A stream cipher without authentication: stalk/1. */
  | {
      readonly id: number
      readonly kind: 'stream'
      readonly key: Term
      readonly iv: Term
      readonly position: number
      readonly plaintext: Term
    }

type Kind = Term['kind']
export type TermOf<K extends Kind> = Extract<Term, { kind: K }>

/** What a term consists of, as numbers, leads to it: one map for each. */
interface Branch {
  term: Term | null
  readonly next: Map<number, Branch>
}

const root: Branch = { term: null, next: new Map() }
let terms = 0
const names = new Map<string, number>()

function numberOf(name: string): number {
  const found = names.get(name)
  if (found !== undefined) return found
  names.set(name, names.size)
  return names.size - 1
}

const kinds = {
  constant: 0,
  identity: 1,
  signature: 2,
  point: 3,
  zero: 4,
  tuple: 5,
  hash: 6,
  hkdf: 7,
  aead: 8,
  stream: 9,
}

function intern<K extends Kind>(
  kind: K,
  parts: readonly number[],
  make: (id: number, kind: K) => TermOf<K>,
): TermOf<K> {
  let branch = step(root, kinds[kind])
  for (const part of parts) branch = step(branch, part)
  branch.term ??= make(terms++, kind)
  return branch.term as TermOf<K>
}

function step(branch: Branch, part: number): Branch {
  let next = branch.next.get(part)
  if (next === undefined) {
    next = { term: null, next: new Map() }
    branch.next.set(part, next)
  }
  return next
}

export function constant(name: string): TermOf<'constant'> {
  return intern('constant', [numberOf(name)], (id, kind) => ({ id, kind, name }))
}

export function identity(owner: string): TermOf<'identity'> {
  return intern('identity', [numberOf(owner)], (id, kind) => ({ id, kind, owner }))
}

export function signature(owner: string, message: Term): TermOf<'signature'> {
  return intern('signature', [numberOf(owner), message.id], (id, kind) => ({ id, kind, owner, message }))
}

export function point(scalars: readonly string[], alias = false): TermOf<'point'> {
  const sorted = [...scalars].sort()
  const parts = [alias ? 1 : 0, ...sorted.map(numberOf)]
  return intern('point', parts, (id, kind) => ({ id, kind, scalars: sorted, alias }))
}

export const zero: TermOf<'zero'> = intern('zero', [], (id, kind) => ({ id, kind }))

export function tuple(...parts: readonly Term[]): TermOf<'tuple'> {
  const ids = parts.map(({ id }) => id)
  return intern('tuple', ids, (id, kind) => ({ id, kind, parts }))
}

/** Of several parts: of all of them together. */
export function hash(...parts: readonly Term[]): TermOf<'hash'> {
  const [only] = parts
  const of = parts.length === 1 && only !== undefined ? only : tuple(...parts)
  return intern('hash', [of.id], (id, kind) => ({ id, kind, of }))
}

export function hkdf(chain: Term, input: Term, output: 1 | 2 | 3): TermOf<'hkdf'> {
  return intern('hkdf', [chain.id, input.id, output], (id, kind) => ({ id, kind, chain, input, output }))
}

/** Everything of an AEAD but its plaintext. */
export interface Lock {
  readonly suite: SuiteId
  readonly key: Term
  readonly nonce: number
  readonly data: Term
}

export function aead({ suite, key, nonce, data }: Lock, plaintext: Term): TermOf<'aead'> {
  const parts = [suite, key.id, nonce, data.id, plaintext.id]
  return intern('aead', parts, (id, kind) => ({ id, kind, suite, key, nonce, data, plaintext }))
}

export function stream(key: Term, iv: Term, position: number, plaintext: Term): TermOf<'stream'> {
  const parts = [key.id, iv.id, position, plaintext.id]
  return intern('stream', parts, (id, kind) => ({ id, kind, key, iv, position, plaintext }))
}

/** X25519 of a peer’s public key and one’s own private key; null if the term is no public key. */
export function sharedSecret(peer: Term, scalar: string): TermOf<'point' | 'zero'> | null {
  if (peer.kind === 'zero') return zero
  if (peer.kind !== 'point') return null
  return point([...peer.scalars, scalar])
}

/** A function of a term that is worked out once for each. */
export function remembered<T>(make: (term: Term) => T): (term: Term) => T {
  const made = new Map<Term, T>()
  return (term) => {
    const found = made.get(term)
    if (found !== undefined) return found
    const value = make(term)
    made.set(term, value)
    return value
  }
}

/** A term as a line for people. */
export function show(term: Term): string {
  switch (term.kind) {
    case 'constant':
      return term.name
    case 'identity':
      return term.owner
    case 'signature':
      return `signature by ${term.owner}`
    case 'point':
      return `g${term.scalars.map((scalar) => `^${scalar}`).join('')}${term.alias ? ' (bit 255 set)' : ''}`
    case 'zero':
      return 'a point of low order'
    case 'tuple':
      return `(${term.parts.map(show).join(', ')})`
    case 'hash':
      return `hash#${term.id}`
    case 'hkdf':
      return `key#${term.id}`
    case 'aead':
    case 'stream':
      return `{${show(term.plaintext)}} under ${show(term.key)}`
  }
}
