// What the attacker can put into a field of a message. Roles ask for each field that they await, so that every combination is tried
// which they would accept, and none that they would not: explore.ts says why that is enough.
import { publicKeys, type Knowledge } from './knowledge.js'
import { type Lock, point, type Term, zero } from './terms.js'

/** What may stand in fields that are not keys, ciphertexts or signatures. */
export interface Menu {
  /** Offers of suites, each by preference. */
  readonly preambles: readonly (readonly number[])[]
  /** Offers of application protocols, each by preference. */
  readonly offers: readonly (readonly string[])[]
  /** Whoever may be named as identity. */
  readonly owners: readonly string[]
}

export class Attacker {
  readonly knowledge: Knowledge
  readonly menu: Menu
  /** It only carries what honest sides say, though to whom it wants. */
  readonly isPassive: boolean
  readonly #publicKeys: readonly Term[]

  constructor(knowledge: Knowledge, menu: Menu, isPassive: boolean) {
    this.knowledge = knowledge
    this.menu = menu
    this.isPassive = isPassive
    this.#publicKeys = isPassive
      ? [...knowledge.known].filter((term) => term.kind === 'point')
      : [...publicKeys(knowledge), zero]
  }

  /** For a public key of 32 bytes. */
  publicKeys(): readonly Term[] {
    return this.#publicKeys
  }

  /** For a public key that nobody reads, but both sides hash. */
  unread(): readonly Term[] {
    const { known } = this.knowledge
    return [point([]), ...this.#publicKeys.filter((term) => known.has(term))]
  }

  /** For what is sent in clear: those of `candidates` that the attacker can make, or has heard if it is passive. */
  *clear(candidates: Iterable<Term>): Generator<Term> {
    for (const term of candidates) if (this.canSay(term)) yield term
  }

  canSay(term: Term): boolean {
    return this.isPassive ? this.knowledge.known.has(term) : this.knowledge.can(term)
  }

  /** For a ciphertext: the plaintexts of those that were heard and open with this key, and those of `candidates` that can be sealed with it. */
  *sealed(lock: Lock, candidates: () => Iterable<Term>): Generator<Term> {
    const { knowledge } = this
    const heard = knowledge.ciphertexts.filter((term) => fits(lock, term)).map(({ plaintext }) => plaintext)
    yield* heard
    if (this.isPassive || !(knowledge.powers.brokenSuites.includes(lock.suite) || knowledge.can(lock.key))) return
    if (!knowledge.can(lock.data)) return
    for (const plaintext of candidates()) {
      if (!heard.includes(plaintext) && knowledge.can(plaintext)) yield plaintext
    }
  }
}

function fits({ suite, key, nonce, data }: Lock, term: Lock): boolean {
  return term.key === key && term.data === data && term.nonce === nonce && term.suite === suite
}
