// SPEC, stalk/1 §3 to §5: the handshake of the original, and one message from the initiator. What it is there for is to be attacked.
import type { Attacker } from '../attacker.js'
import { finished, type Move, type Session, type View } from '../session.js'
import { constant, identity, point, sharedSecret, show, signature, stream, type Term, tuple } from '../terms.js'

export interface Options {
  readonly name: string
  readonly self: string
  /** Of an initiator: who is expected; null: whoever answers. */
  readonly pin: string | null
  /** As the original does: keys of low order are taken, and then a signature of zeros is right, whoever is said to have made it. */
  readonly isOriginal: boolean
}

const ivs = ['iv', 'another iv'].map(constant)
const fin = constant('fin')
const messages = ['pay alice 10', 'pay mallory 99'].map(constant)
const [sentMessage] = messages
const trivial = constant('a signature of zeros')

/** The name of a session’s private ephemeral key. */
export function ephemeralName(name: string): string {
  return `${name}.e`
}

function offer(self: string, e: Term): Term {
  return tuple(identity(self), e, signature(self, e))
}

/** What an initiator says before it hears anything. */
export function connect(options: Options): { readonly session: Session; readonly says: readonly Term[] } {
  const { name, self } = options
  return {
    session: {
      name,
      self,
      suites: [],
      key: `${name} ack`,
      stage: 'opening',
      view: null,
      moves: (attacker) => initiatorMoves(options, attacker),
    },
    says: [offer(self, point([ephemeralName(name)])), constant('iv')],
  }
}

/** Every key and name that come with a signature which is taken for right. */
function* offers({ isOriginal, name }: Options, attacker: Attacker): Generator<{ peer: string; e: Term }> {
  const own = point([ephemeralName(name)])
  for (const e of attacker.publicKeys()) {
    if (!isOriginal && (e.kind === 'zero' || e === own)) continue
    for (const peer of attacker.menu.owners) {
      const isTrivial = e.kind === 'zero' && !attacker.isPassive
      const proof = tuple(identity(peer), e, isTrivial ? trivial : signature(peer, e))
      if (attacker.canSay(proof)) yield { peer, e }
    }
  }
}

function* initiatorMoves(options: Options, attacker: Attacker): Generator<Move> {
  const { name, self, pin } = options
  const [iv] = ivs
  if (iv === undefined || sentMessage === undefined) return
  for (const { peer, e } of offers(options, attacker)) {
    const key = sharedSecret(e, ephemeralName(name))
    if ((pin !== null && pin !== peer) || key === null) continue
    const agreed = { iv: show(iv), sent: show(sentMessage) }
    const view: View = { role: 'initiator', self, peer, keys: key, agreed }
    yield {
      text: () =>
        `${name} takes an ack of ${peer} (e = ${show(e)}): it is connected with ${peer}, says fin and “${show(sentMessage)}”`,
      next: finished({ name, self, suites: [] }, `done ${key.id} ${peer}`, 'done', view),
      says: [stream(key, iv, 0, fin), stream(key, iv, 1, sentMessage)],
    }
  }
}

/** A responder that has heard nothing. */
export function listen(options: Options): Session {
  const { name, self } = options
  return {
    name,
    self,
    suites: [],
    key: `${name} hello`,
    stage: 'opening',
    view: null,
    moves: function* (attacker) {
      for (const { peer, e } of offers(options, attacker)) {
        const key = sharedSecret(e, ephemeralName(name))
        if (key === null) continue
        for (const iv of ivs) {
          if (!attacker.canSay(iv)) continue
          yield {
            text: () =>
              `${name} (${self}) takes a hello of ${peer} (e = ${show(e)}, ${show(iv)}), says ack with e = g^${ephemeralName(name)}`,
            next: awaitFin(options, peer, key, iv),
            says: [offer(self, point([ephemeralName(name)]))],
          }
        }
      }
    },
  }
}

function awaitFin({ name, self }: Options, peer: string, key: Term, iv: Term): Session {
  const at = `${key.id} ${iv.id} ${peer}`
  const view: View = { role: 'responder', self, peer, keys: key, agreed: { iv: show(iv) } }
  return {
    name,
    self,
    suites: [],
    key: `${name} fin ${at}`,
    stage: 'opening',
    view: null,
    moves: function* (attacker) {
      if (attacker.canSay(stream(key, iv, 0, fin))) {
        yield {
          text: () => `${name} (${self}) takes a fin: it is connected with ${peer}`,
          next: awaitMessage({ name, self, suites: [] }, at, view, iv),
          says: [],
        }
      }
    },
  }
}

function awaitMessage(of: Pick<Session, 'name' | 'self' | 'suites'>, at: string, view: View, iv: Term): Session {
  return {
    ...of,
    key: `${of.name} message ${at}`,
    stage: 'done',
    view,
    moves: function* (attacker) {
      for (const message of messages) {
        if (!attacker.canSay(stream(view.keys, iv, 1, message))) continue
        const received = show(message)
        yield {
          text: () => `${of.name} reads “${received}” from ${view.peer ?? 'nobody'}`,
          next: finished(of, `read ${at} ${message.id}`, 'done', { ...view, agreed: { ...view.agreed, received } }),
          says: [],
        }
      }
    },
  }
}
