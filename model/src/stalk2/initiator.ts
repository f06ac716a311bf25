// SPEC, stalk/2: the side that connected.
import type { Attacker } from '../attacker.js'
import { finished, type Move, type Session, type View } from '../session.js'
import { identity, point, remembered, sharedSecret, show, type SuiteId, type Term, tuple } from '../terms.js'
import { preambleTerm, prologue, retryTerm, type Retry } from './negotiation.js'
import { Noise, verdictLock } from './noise.js'
import { acceptable, type Context, nothing, payload, protocolsTerm, readPayload } from './payload.js'
import type { Variant } from './variant.js'

export interface InitiatorOptions {
  readonly name: string
  readonly variant: Variant
  /** Null: anonymous. */
  readonly self: string | null
  /** Who is expected; null: whoever answers. */
  readonly pin: string | null
  readonly suites: readonly SuiteId[]
  readonly offer: readonly string[]
}

/** A handshake whose A was sent. */
interface Attempt {
  readonly noise: Noise
  readonly retry: Retry | null
  /** The names of its private keys. */
  readonly e: string
  readonly s: string
}

/** What an initiator says before it hears anything. */
export function connect(options: InitiatorOptions): { readonly session: Session; readonly says: readonly Term[] } {
  const [suite = 0] = options.suites
  const attempt = begin(options, suite, null)
  return { session: awaitReply(options, attempt), says: [preambleTerm(options.suites), ...messageA(options, attempt)] }
}

/** The private keys of an initiator’s attempt, or of a responder: s and e. */
export function keyNames(
  variant: Variant,
  name: string,
  owner: string | null,
): { readonly e: string; readonly s: string } {
  const whose = variant.hasFreshKeys ? name : (owner ?? name)
  return { e: `${whose}.e`, s: `${whose}.s` }
}

function payloadA(variant: Variant, self: string | null): Term {
  return variant.hidesIdentity || self === null ? nothing : identity(self)
}

function begin(options: InitiatorOptions, suite: SuiteId, retry: Retry | null): Attempt {
  const { variant, name, self, suites } = options
  const keys = keyNames(variant, retry === null ? name : `${name}'`, self)
  const noise = Noise.begin(suite, prologue(variant, suites, retry))
    .mixHash(point([keys.e]))
    .mixHash(payloadA(variant, self))
  return { noise, retry, ...keys }
}

function messageA({ variant, self }: InitiatorOptions, { e }: Attempt): readonly Term[] {
  return [point([e]), payloadA(variant, self)]
}

function awaitReply(options: InitiatorOptions, attempt: Attempt): Session {
  const { name, self, suites, variant } = options
  const afterE = remembered((e) => {
    const ee = accepted(variant, sharedSecret(e, attempt.e))
    return ee === null ? null : afterEphemeral(variant, attempt, e, attempt.noise.mixHash(e).mixKey(ee))
  })
  return {
    name,
    self,
    suites,
    key: `${name} reply ${attempt.noise.h.id}`,
    stage: 'opening',
    view: null,
    moves: function* (attacker) {
      if (attempt.retry === null) yield* retries(options, attempt, attacker)
      for (const e of attacker.publicKeys()) {
        const begun = afterE(e)
        if (begun !== null) yield* answersWith(options, attempt, attacker, begun)
      }
    },
  }
}

/** Any suite of its list but the first. */
function* retries(options: InitiatorOptions, attempt: Attempt, attacker: Attacker): Generator<Move> {
  const { name, suites } = options
  for (const suite of suites.slice(1)) {
    if (attacker.canSay(retryTerm(suite))) {
      const again = begin(options, suite, { firstA: point([attempt.e]), suite })
      yield {
        text: () => `${name} hears that suite ${suite} is wanted, and says a new A: e = g^${again.e}`,
        next: awaitReply(options, again),
        says: messageA(options, again),
      }
    }
  }
}

/** B up to its ephemeral key. */
interface BegunB {
  readonly e: Term
  readonly noise: Noise
  /** What the payload is read with, for each static key that B may have; null if that is refused. */
  readonly withStatic: (s: Term) => Context | null
}

function afterEphemeral(variant: Variant, attempt: Attempt, e: Term, noise: Noise): BegunB {
  const withStatic = remembered((s) => {
    const es = accepted(variant, sharedSecret(s, attempt.e))
    if (es === null) return null
    return { variant, role: 'responder' as const, noise: noise.after(s).mixKey(es), staticKey: s, server: null }
  })
  return { e, noise, withStatic }
}

/** Every B that begins so. */
function* answersWith(
  options: InitiatorOptions,
  attempt: Attempt,
  attacker: Attacker,
  { e, noise: first, withStatic }: BegunB,
): Generator<Move> {
  for (const s of attacker.sealed(first.lock(), () => attacker.publicKeys())) {
    const context = withStatic(s)
    if (context === null) continue
    const { noise } = context
    const candidates = (): Iterable<Term> => acceptable(context, attacker.menu.owners, [nothing], false)
    for (const term of attacker.sealed(noise.lock(), candidates)) {
      const shown = readPayload(context, term)
      if (shown?.owner === undefined || shown.owner === null) continue
      yield* answer(options, attempt, { e, s, peer: shown.owner, noise: noise.after(term) })
    }
  }
}

/** A shared secret; null if there is none, or it is refused. */
export function accepted(variant: Variant, secret: Term | null): Term | null {
  return secret?.kind === 'zero' && variant.refusesZero ? null : secret
}

interface Heard {
  readonly e: Term
  readonly s: Term
  readonly peer: string
  /** Behind B. */
  readonly noise: Noise
}

/** Says C, if the peer is who was expected. */
function* answer(options: InitiatorOptions, attempt: Attempt, { e, s, peer, noise }: Heard): Generator<Move> {
  const { name, variant, self, pin, offer } = options
  const isExpected = pin === null || pin === peer
  if (!isExpected && variant.checksBeforeC) return
  const staticKey = point([attempt.s])
  const se = accepted(variant, sharedSecret(e, attempt.s))
  if (se === null) return
  const before = noise.after(staticKey).mixKey(se)
  const context: Context = { variant, role: 'initiator', noise: before, staticKey, server: peer }
  const offered = protocolsTerm(offer)
  const term = payload(context, self, variant.sealsOffer ? offered : nothing)
  const end = variant.sealsC ? before.after(term) : before.mixHash(term)
  const messageC = tuple(noise.seal(staticKey), variant.sealsC ? before.seal(term) : term)
  yield {
    text: () =>
      `${name} takes B of ${peer} (e = ${show(e)}, s = ${show(s)}) and says C as ${self ?? 'nobody'}${isExpected ? '' : ', then refuses the server'}`,
    next: isExpected ? awaitVerdict(options, end, peer) : finished(options, `refused ${end.h.id}`, 'opening', null),
    says: variant.sealsOffer ? [messageC] : [messageC, offered],
  }
}

function awaitVerdict(options: InitiatorOptions, noise: Noise, peer: string): Session {
  const { name, self, suites, offer, variant } = options
  const { all } = noise.split()
  const agreed = {
    suite: `${noise.suite}`,
    preamble: suites.join(','),
    offer: offer.join(','),
    'channel binding': `h#${noise.h.id}`,
  }
  const view: View = { role: 'initiator', self, peer, keys: all, agreed }
  const key = `${noise.h.id} ${all.id}`
  if (!variant.waitsForVerdict) return finished(options, `done ${key}`, 'done', view)
  const choices = offer.length === 0 ? [[]] : offer.map((choice) => [choice])
  return {
    name,
    self,
    suites,
    key: `${name} verdict ${key}`,
    stage: 'trusting',
    view,
    moves: function* (attacker) {
      for (const choice of choices) {
        const protocol = protocolsTerm(choice)
        for (const heard of attacker.sealed(verdictLock(noise), () => [protocol])) {
          if (heard !== protocol) continue
          const application = choice.join(',')
          yield {
            text: () =>
              `${name} hears ACCEPT (${application || 'no application protocol'}): it is connected with ${peer}`,
            next: finished(options, `done ${key} ${application}`, 'done', {
              ...view,
              agreed: { ...agreed, application },
            }),
            says: [],
          }
        }
      }
    },
  }
}
