// One run of one role, as a state machine over terms. A state never changes; a move gives the next one.
import type { Attacker } from './attacker.js'
import type { Term } from './terms.js'

/** What a side believes of its connection. */
export interface View {
  readonly role: 'initiator' | 'responder'
  /** Null: anonymous. */
  readonly self: string | null
  /** Null: it may be anybody. */
  readonly peer: string | null
  /** The traffic keys, and the exporter secret where there is one. */
  readonly keys: Term
  /** What both sides must agree about, each by its name; what a side does not know yet is missing. */
  readonly agreed: Readonly<Record<string, string>>
}

export interface Session {
  /** `I1`, `R2`: initiators begin with I, responders with R. */
  readonly name: string
  readonly self: string | null
  /** Two states with equal keys are the same. */
  readonly key: string
  /** `trusting`: it sends what is meant for the peer alone, but does not know whether the peer has completed. */
  readonly stage: 'opening' | 'trusting' | 'done'
  /** From `trusting` on. */
  readonly view: View | null
  /** The suites that it has, by preference. */
  readonly suites: readonly number[]
  /** What it can do next, for everything that the attacker can give it and that it would accept. */
  readonly moves: (attacker: Attacker) => Iterable<Move>
}

export interface Move {
  /** A line for people: what came, and what was made of it. */
  readonly text: () => string
  readonly next: Session
  readonly says: readonly Term[]
}

/** A session that has nothing more to do. */
export function finished(
  of: Pick<Session, 'name' | 'self' | 'suites'>,
  key: string,
  stage: Session['stage'],
  view: View | null,
): Session {
  const { name, self, suites } = of
  return { name, self, suites, key: `${name} ${key}`, stage, view, moves: () => [] }
}
