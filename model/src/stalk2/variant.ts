// What may be taken out of stalk/2, to see what it is good for.

/** The parts of what is signed: SPEC, stalk/2 §5. */
export type SignedPart = 'role' | 'suite' | 'hash' | 'static' | 'server' | 'payload'

export interface Variant {
  readonly signs: readonly SignedPart[]
  /** Preamble and retry are in the prologue. */
  readonly hasPrologue: boolean
  /** A shared secret of zeros is refused. */
  readonly refusesZero: boolean
  /** The initiator checks proof and pin before it makes C. */
  readonly checksBeforeC: boolean
  /** An identity must come with a signature. */
  readonly needsProof: boolean
  /** The initiator is established by ACCEPT, not as soon as it has sent C. */
  readonly waitsForVerdict: boolean
  /** s and e are made for one connection alone; otherwise whoever has the identity’s private key has them. */
  readonly hasFreshKeys: boolean
  /** The payload of C is encrypted. */
  readonly sealsC: boolean
  /** The identity of the initiator is in C; otherwise in A, in clear. */
  readonly hidesIdentity: boolean
  /** The offer of application protocols is in the payload of C; otherwise beside it, in clear and not hashed. */
  readonly sealsOffer: boolean
}

export const asSpecified: Variant = {
  signs: ['role', 'suite', 'hash', 'static', 'server', 'payload'],
  hasPrologue: true,
  refusesZero: true,
  checksBeforeC: true,
  needsProof: true,
  waitsForVerdict: true,
  hasFreshKeys: true,
  sealsC: true,
  hidesIdentity: true,
  sealsOffer: true,
}

/** The specified protocol without some parts of what is signed. */
export function unsigned(...parts: readonly SignedPart[]): Variant {
  return { ...asSpecified, signs: asSpecified.signs.filter((part) => !parts.includes(part)) }
}
