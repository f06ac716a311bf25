// SPEC, stalk/2 §4 and §5: what is in B and C, and what is signed there.
import { constant, hash, identity, signature, type Term, tuple } from '../terms.js'
import type { Noise } from './noise.js'
import type { Variant } from './variant.js'

export const nothing = constant('nothing')
const nobody = constant('no identity')
const noProof = constant('no signature')

export interface Context {
  readonly variant: Variant
  readonly role: 'initiator' | 'responder'
  /** After the message’s last token and before its payload. */
  readonly noise: Noise
  readonly staticKey: Term
  /** Whom the initiator believes to talk to; null in B. */
  readonly server: string | null
}

/** The payload of `owner`, null for an anonymous initiator. */
export function payload(context: Context, owner: string | null, parameters: Term): Term {
  const unsigned = tuple(owner === null ? nobody : identity(owner), parameters)
  return tuple(unsigned, owner === null ? noProof : signature(owner, signedTerm(context, unsigned)))
}

/** Everything that the receiver of a payload would accept, if somebody can make it. */
export function* acceptable(
  context: Context,
  owners: readonly string[],
  parameters: readonly Term[],
  allowsAnonymous: boolean,
): Generator<Term> {
  for (const parameter of parameters) {
    if (allowsAnonymous) yield payload(context, null, parameter)
    for (const owner of owners) {
      yield payload(context, owner, parameter)
      if (!context.variant.needsProof) yield tuple(tuple(identity(owner), parameter), noProof)
    }
  }
}

/** Who a payload proves its sender to be, null: nobody; `undefined` if it is refused. */
export function readPayload(
  context: Context,
  term: Term,
): { readonly owner: string | null; readonly parameters: Term } | undefined {
  if (term.kind !== 'tuple') return undefined
  const [unsigned, proof] = term.parts
  if (unsigned?.kind !== 'tuple') return undefined
  const [shown, parameters] = unsigned.parts
  if (parameters === undefined) return undefined
  if (shown === nobody) return proof === noProof ? { owner: null, parameters } : undefined
  if (shown?.kind !== 'identity') return undefined
  const { owner } = shown
  const isProven = proof === signature(owner, signedTerm(context, unsigned))
  const isLetIn = proof === noProof && !context.variant.needsProof
  return isProven || isLetIn ? { owner, parameters } : undefined
}

function signedTerm({ variant, role, noise, staticKey, server }: Context, unsigned: Term): Term {
  const parts = {
    role: constant(`role ${role}`),
    suite: constant(`suite ${noise.suite}`),
    hash: noise.h,
    static: staticKey,
    server: server === null ? constant('zeros') : hash(identity(server)),
    payload: hash(unsigned),
  }
  return tuple(constant('stalk/2 identity signature'), ...variant.signs.map((part) => parts[part]))
}

/** An offer of application protocols, or the one that was chosen. */
export function protocolsTerm(names: readonly string[]): Term {
  return names.length === 0 ? nothing : constant(`protocols ${names.join(',')}`)
}
