// What the attacker knows, and what it can make of that: the closure of Dolev and Yao for the terms of terms.ts.
import { point, type Term, type TermOf } from './terms.js'

export interface Powers {
  /** Private X25519 keys of the attacker’s own. */
  readonly own: readonly string[]
  /** Whose private keys the attacker has. */
  readonly owners: readonly string[]
  /** Those of others that it has. */
  readonly scalars: readonly string[]
  /** Suites whose AEAD does not hold: anybody opens and makes its ciphertexts. */
  readonly brokenSuites: readonly number[]
}

/**
 * Never changed: `learn` and `gain` give another.
 *
 * Analysis is done when something is learned: tuples fall apart, signatures show what they sign, ciphertexts open as soon as their key can
 * be made. Synthesis is the question `can`. With a scalar comes its inverse, so a point can be made if it differs from a known point only by
 * known scalars: all that counts of a point is its `core`, the scalars that are not known.
 */
export class Knowledge {
  readonly powers: Powers
  readonly known: ReadonlySet<Term>
  /** The unknown scalars of the points that are known, the base point included. */
  readonly cores: ReadonlyMap<string, readonly string[]>
  readonly ciphertexts: readonly TermOf<'aead'>[]
  readonly #scalars: ReadonlySet<string>
  readonly #answers = new Map<Term, boolean>()

  private constructor(powers: Powers, known: Set<Term>, fresh: readonly Term[]) {
    this.powers = powers
    this.#scalars = new Set([...powers.own, ...powers.scalars])
    const cores = new Map<string, readonly string[]>([['', []]])
    this.known = known
    this.cores = cores
    for (const term of known) this.#addCore(cores, term)
    this.#analyse(known, cores, [...fresh])
    this.ciphertexts = [...known].filter((term) => term.kind === 'aead')
  }

  static of(powers: Powers, terms: readonly Term[]): Knowledge {
    return new Knowledge(powers, new Set(), terms)
  }

  learn(terms: readonly Term[]): Knowledge {
    const fresh = terms.filter((term) => !this.known.has(term))
    return fresh.length === 0 ? this : new Knowledge(this.powers, new Set(this.known), fresh)
  }

  gain(owners: readonly string[], scalars: readonly string[]): Knowledge {
    const powers = {
      ...this.powers,
      owners: [...this.powers.owners, ...owners],
      scalars: [...this.powers.scalars, ...scalars],
    }
    return new Knowledge(powers, new Set(), [...this.known])
  }

  /** Whether the attacker can make the term. */
  can(term: Term): boolean {
    if (this.known.has(term)) return true
    const answer = this.#answers.get(term)
    if (answer !== undefined) return answer
    const made = this.#make(term)
    this.#answers.set(term, made)
    return made
  }

  /**
   * Whether anything of an identity shows: whether its public key, or a hash or signature that a guess could be compared with, is
   * anywhere but behind a key that the attacker has not. What is behind one looks like any other ciphertext.
   */
  shows(owner: string): boolean {
    const seen = new Map<Term, boolean>()
    const occurs = (term: Term): boolean => {
      const found = seen.get(term)
      if (found !== undefined) return found
      seen.set(term, false)
      const answer = partsThatShow(term, owner, occurs)
      seen.set(term, answer)
      return answer
    }
    for (const term of this.known) if (occurs(term)) return true
    return false
  }

  coreOf(scalars: readonly string[]): readonly string[] {
    return scalars.filter((scalar) => !this.#scalars.has(scalar))
  }

  #make(term: Term): boolean {
    switch (term.kind) {
      case 'constant':
      case 'zero':
        return true
      case 'identity':
        return false
      case 'signature':
        return this.powers.owners.includes(term.owner) && this.can(term.message)
      case 'point':
        return this.cores.has(this.coreOf(term.scalars).join(' '))
      case 'tuple':
        return term.parts.every((part) => this.can(part))
      case 'hash':
        return this.can(term.of)
      case 'hkdf':
        return this.can(term.chain) && this.can(term.input)
      case 'aead':
        return this.#opens(term) && this.can(term.data) && this.can(term.plaintext)
      case 'stream':
        return this.can(term.plaintext) && (this.#hasKeystream(term) || (this.can(term.key) && this.can(term.iv)))
    }
  }

  /** A stream cipher is exclusive-or: who knows a plaintext has the keystream, and can put any other in its place. */
  #hasKeystream({ key, iv, position }: TermOf<'stream'>): boolean {
    for (const known of this.known) {
      if (known.kind !== 'stream' || known.key !== key || known.iv !== iv || known.position !== position) continue
      if (this.can(known.plaintext)) return true
    }
    return false
  }

  #opens(term: TermOf<'aead'>): boolean {
    return this.powers.brokenSuites.includes(term.suite) || this.can(term.key)
  }

  #addCore(cores: Map<string, readonly string[]>, term: Term): void {
    if (term.kind !== 'point') return
    const core = this.coreOf(term.scalars)
    cores.set(core.join(' '), core)
  }

  #analyse(known: Set<Term>, cores: Map<string, readonly string[]>, work: Term[]): void {
    for (;;) {
      for (let term = work.pop(); term !== undefined; term = work.pop()) {
        if (known.has(term)) continue
        known.add(term)
        this.#addCore(cores, term)
        if (term.kind === 'tuple') work.push(...term.parts)
        if (term.kind === 'signature') work.push(term.message)
      }
      this.#answers.clear()
      for (const term of known) {
        if (term.kind === 'aead' && !known.has(term.plaintext) && this.#opens(term)) work.push(term.plaintext)
        if (term.kind === 'stream' && !known.has(term.plaintext) && this.can(term.key)) work.push(term.plaintext)
      }
      if (work.length === 0) return
    }
  }
}

function partsThatShow(term: Term, owner: string, occurs: (part: Term) => boolean): boolean {
  switch (term.kind) {
    case 'constant':
    case 'zero':
    case 'point':
      return false
    case 'identity':
      return term.owner === owner
    case 'signature':
      return term.owner === owner || occurs(term.message)
    case 'tuple':
      return term.parts.some(occurs)
    case 'hash':
      return occurs(term.of)
    case 'hkdf':
      return occurs(term.chain) || occurs(term.input)
    case 'aead':
    case 'stream':
      // opened, its plaintext is known of itself
      return false
  }
}

/**
 * Points that an attacker can put where a public key is awaited: see explore.ts.
 *
 * Each that is known, another encoding of it, and it times a scalar of the attacker’s; one of its own, and the base point.
 */
export function publicKeys(knowledge: Knowledge): readonly TermOf<'point'>[] {
  const heard = [...knowledge.known].filter((term) => term.kind === 'point' && term.scalars.length > 0)
  const cores = [...knowledge.cores.values()].filter((core) => core.length > 0).map((core) => point(core))
  const { own } = knowledge.powers
  const keys = new Set([...own.map((scalar) => point([scalar])), point([])])
  for (const { scalars } of [...heard, ...cores] as TermOf<'point'>[]) {
    keys.add(point(scalars)).add(point(scalars, true))
    for (const scalar of own) keys.add(point([...scalars, scalar]))
  }
  return [...keys]
}
