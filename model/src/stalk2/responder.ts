// SPEC, stalk/2: the side that was connected to.
import type { Attacker } from '../attacker.js'
import { finished, type Move, type Session, type View } from '../session.js'
import { aead, identity, point, remembered, sharedSecret, show, type SuiteId, type Term, tuple } from '../terms.js'
import { accepted, keyNames } from './initiator.js'
import { preambleTerm, prologue, retryTerm, type Retry } from './negotiation.js'
import { Noise, verdictLock } from './noise.js'
import { acceptable, type Context, nothing, payload, protocolsTerm, readPayload } from './payload.js'
import type { Variant } from './variant.js'

export interface ResponderOptions {
  readonly name: string
  readonly variant: Variant
  readonly self: string
  readonly suites: readonly SuiteId[]
  readonly protocols: readonly string[]
  readonly allowsAnonymous: boolean
}

/** A responder that has heard nothing. */
export function listen(options: ResponderOptions): Session {
  const { name, self, suites } = options
  const answers = rememberedOffer((offered, suite) => answersTo(options, { offered, suite, retry: null }))
  return {
    name,
    self,
    suites,
    key: `${name} listens`,
    stage: 'opening',
    view: null,
    moves: function* (attacker) {
      for (const offered of attacker.menu.preambles) {
        const suite = offered.find((id) => suites.includes(id))
        if (suite === undefined || !attacker.canSay(preambleTerm(offered))) continue
        if (suite === offered[0]) yield* answers(offered, suite)(attacker)
        else yield* asksForAnother(options, attacker, offered, suite)
      }
    },
  }
}

function rememberedOffer(
  make: (offered: readonly SuiteId[], suite: SuiteId) => Session['moves'],
): (offered: readonly SuiteId[], suite: SuiteId) => Session['moves'] {
  const made = new Map<string, Session['moves']>()
  return (offered, suite) => {
    const key = offered.join(',')
    const moves = made.get(key) ?? make(offered, suite)
    made.set(key, moves)
    return moves
  }
}

interface Negotiated {
  readonly offered: readonly SuiteId[]
  readonly suite: SuiteId
  readonly retry: Retry | null
}

/** The first A may be anything: it is framed and hashed, not read. */
function* asksForAnother(
  options: ResponderOptions,
  attacker: Attacker,
  offered: readonly SuiteId[],
  suite: SuiteId,
): Generator<Move> {
  const { name, self, suites } = options
  for (const firstA of attacker.unread()) {
    const negotiated = { offered, suite, retry: { firstA, suite } }
    const next: Session = {
      name,
      self,
      suites,
      key: `${name} retry ${offered.join(',')} ${firstA.id}`,
      stage: 'opening',
      view: null,
      moves: answersTo(options, negotiated),
    }
    yield {
      text: () => `${name} is offered suites ${offered.join(', ')} and asks for ${suite}`,
      next,
      says: [retryTerm(suite)],
    }
  }
}

/** Takes every A, and says B. */
function answersTo(options: ResponderOptions, negotiated: Negotiated): Session['moves'] {
  const { variant } = options
  const answerTo = remembered((e) => remembered((inA) => answer(options, negotiated, e, inA)))
  return function* (attacker) {
    const payloads = variant.hidesIdentity ? [nothing] : attacker.menu.owners.map(identity)
    for (const e of attacker.publicKeys()) {
      for (const inA of attacker.clear(payloads)) {
        const move = answerTo(e)(inA)
        if (move !== null) yield move
      }
    }
  }
}

/** B; null if A is refused. */
function answer(options: ResponderOptions, negotiated: Negotiated, e: Term, inA: Term): Move | null {
  const { name, variant, self } = options
  const { offered, suite, retry } = negotiated
  const keys = keyNames(variant, name, self)
  const ee = accepted(variant, sharedSecret(e, keys.e))
  const es = accepted(variant, sharedSecret(e, keys.s))
  if (ee === null || es === null) return null
  const own = { e: point([keys.e]), s: point([keys.s]) }
  const begun = Noise.begin(suite, prologue(variant, offered, retry))
  const first = begun.mixHash(e).mixHash(inA).mixHash(own.e).mixKey(ee)
  const noise = first.after(own.s).mixKey(es)
  const context: Context = { variant, role: 'responder', noise, staticKey: own.s, server: null }
  const term = payload(context, self, nothing)
  return {
    text: () =>
      `${name} (${self}) is offered suites ${offered.join(', ')}, takes A (e = ${show(e)}) and says B: e = ${show(own.e)}, s = ${show(own.s)}`,
    next: awaitC(options, negotiated, noise.after(term), keys.e),
    says: [tuple(own.e, first.seal(own.s), noise.seal(term))],
  }
}

/** @param e the name of its private ephemeral key */
function awaitC(options: ResponderOptions, negotiated: Negotiated, noise: Noise, e: string): Session {
  const { name, variant, self, suites } = options
  const withStatic = remembered((s) => {
    const se = accepted(variant, sharedSecret(s, e))
    if (se === null) return null
    return { variant, role: 'initiator' as const, noise: noise.after(s).mixKey(se), staticKey: s, server: self }
  })
  return {
    name,
    self,
    suites,
    key: `${name} C ${noise.h.id} ${negotiated.offered.join(',')}`,
    stage: 'opening',
    view: null,
    moves: function* (attacker) {
      for (const s of attacker.sealed(noise.lock(), () => attacker.publicKeys())) {
        const context = withStatic(s)
        if (context === null) continue
        for (const { term, offer } of payloadsOfC(options, context, attacker)) {
          const end = variant.sealsC ? context.noise.after(term) : context.noise.mixHash(term)
          yield* judge(options, negotiated, { context, term, offer, end })
        }
      }
    },
  }
}

/** Every payload of C that can come, with the offer of application protocols that comes with it. */
function* payloadsOfC(
  { variant, allowsAnonymous }: ResponderOptions,
  context: Context,
  attacker: Attacker,
): Generator<{ readonly term: Term; readonly offer: readonly string[] }> {
  const { owners, offers } = attacker.menu
  const parameters = variant.sealsOffer ? offers.map(protocolsTerm) : [nothing]
  const candidates = (): Iterable<Term> => acceptable(context, owners, parameters, allowsAnonymous)
  const terms = variant.sealsC ? attacker.sealed(context.noise.lock(), candidates) : attacker.clear(candidates())
  for (const term of terms) {
    for (const offer of offers) {
      const isIt = variant.sealsOffer
        ? readPayload(context, term)?.parameters === protocolsTerm(offer)
        : attacker.canSay(protocolsTerm(offer))
      if (isIt) yield { term, offer }
    }
  }
}

interface Claim {
  readonly context: Context
  readonly term: Term
  readonly offer: readonly string[]
  readonly end: Noise
}

/** Says ACCEPT to whom it may. */
function* judge(
  options: ResponderOptions,
  negotiated: Negotiated,
  { context, term, offer, end }: Claim,
): Generator<Move> {
  const { name, self, protocols, allowsAnonymous } = options
  const shown = readPayload(context, term)
  if (shown === undefined || (shown.owner === null && !allowsAnonymous)) return
  const application = offer.find((protocol) => protocols.includes(protocol))
  if ((application === undefined) !== (protocols.length === 0 && offer.length === 0)) return
  const chosen = application === undefined ? [] : [application]
  const { owner } = shown
  const { all } = end.split()
  const agreed = {
    suite: `${end.suite}`,
    preamble: negotiated.offered.join(','),
    offer: offer.join(','),
    'channel binding': `h#${end.h.id}`,
    application: chosen.join(','),
  }
  const view: View = { role: 'responder', self, peer: owner, keys: all, agreed }
  yield {
    text: () =>
      `${name} (${self}) takes C (s = ${show(context.staticKey)}): it is connected with ${owner ?? 'nobody known'}, and says ACCEPT`,
    next: finished(
      options,
      `done ${end.h.id} ${all.id} ${negotiated.offered.join(',')} ${offer.join(',')}`,
      'done',
      view,
    ),
    says: [aead(verdictLock(end), protocolsTerm(chosen))],
  }
}
