// What must be true in every state.
import { beliefs, type Belief, type Property, type World } from './explore.js'
import type { View } from './session.js'

/** Nobody else can make the keys of a connection whose peer is honest, whatever leaks later. */
export const secrecy: Property = {
  name: 'secrecy',
  broken: (world) => {
    for (const { session, view, isPeerIntact } of beliefs(world)) {
      if (isPeerIntact && keysShow(view, world)) {
        return `${session.name} has keys for ${view.peer ?? 'nobody'} alone, and the attacker can make them`
      }
    }
    return null
  },
}

/** Whoever is done has a peer that is done, or will be with the next message, and that believes the same. */
export const agreement: Property = {
  name: 'agreement',
  broken: (world) => {
    const all = beliefs(world)
    for (const belief of all) {
      const { session, isPeerIntact } = belief
      if (session.stage !== 'done' || !isPeerIntact) continue
      if (!all.some((other) => isPartner(belief, other))) {
        return `${describe(belief)}; ${nearest(belief, all)}`
      }
    }
    return null
  },
}

/** No two connections of one side are the same connection of the other. */
export const injectivity: Property = {
  name: 'no replay',
  broken: (world) => {
    const done = beliefs(world).filter(({ session }) => session.stage === 'done')
    for (const [index, one] of done.entries()) {
      const twice = done.slice(index + 1).find(({ view }) => view.role === one.view.role && view.keys === one.view.keys)
      if (twice !== undefined && one.isPeerIntact) {
        return `${one.session.name} and ${twice.session.name} have the same keys with ${one.view.peer ?? 'nobody'}`
      }
    }
    return null
  },
}

/** Two sides that have the same keys are an initiator and a responder, and each is whom the other believes it to be. */
export const identityBinding: Property = {
  name: 'no misbinding',
  broken: (world) => {
    const all = beliefs(world)
    for (const [index, one] of all.entries()) {
      for (const other of all.slice(index + 1)) {
        if (one.view.keys !== other.view.keys || one.view.role === other.view.role) continue
        if (one.view.peer === other.view.self && other.view.peer === one.view.self) continue
        return `they have the same keys, but ${describe(one)}, and ${describe(other)}`
      }
    }
    return null
  },
}

/** Nobody shares keys with a side of its own role, nor with itself. */
export const roles: Property = {
  name: 'roles',
  broken: (world) => {
    const all = beliefs(world)
    for (const [index, one] of all.entries()) {
      const other = all.slice(index + 1).find(({ view }) => view.keys === one.view.keys && view.role === one.view.role)
      if (other !== undefined && one.view.role === 'initiator') {
        return `${one.session.name} and ${other.session.name} are both initiators and have the same keys`
      }
    }
    return null
  },
}

/** Nobody’s identity shows but to whom they have authenticated and accepted. */
export const hiding: Property = {
  name: 'identity hiding',
  broken: (world) => {
    const { scenario, sessions, knowledge } = world
    for (const owner of scenario.hidden) {
      if (!knowledge.shows(owner)) continue
      const isEntrusted = sessions.some(
        ({ name, self, view }) => self === owner && view?.role === 'initiator' && !world.intact.has(name),
      )
      if (!isEntrusted) return `the attacker learns the identity of ${owner}`
    }
    return null
  },
}

/** Nobody’s identity shows, to whomever. */
export const hidingFromAll: Property = {
  name: 'identity hiding from everybody',
  broken: ({ scenario, knowledge }) => {
    const shown = scenario.hidden.find((owner) => knowledge.shows(owner))
    return shown === undefined ? null : `the attacker learns the identity of ${shown}`
  },
}

/** With an honest peer the suite is the first of the initiator’s that the responder has. */
export const bestSuite: Property = {
  name: 'no downgrade',
  broken: (world) => {
    for (const belief of beliefs(world)) {
      const { session, view, isPeerIntact } = belief
      if (!isPeerIntact || view.agreed['suite'] === undefined) continue
      const peers = world.sessions.filter(
        (other) => other.self === view.peer && (view.role === 'initiator') === other.name.startsWith('R'),
      )
      const bests = peers.map((peer) => {
        const [initiator, responder] = view.role === 'initiator' ? [session, peer] : [peer, session]
        return initiator.suites.find((suite) => responder.suites.includes(suite))
      })
      if (bests.length > 0 && !bests.some((best) => `${best ?? 0}` === view.agreed['suite'])) {
        return `${describe(belief)} with suite ${view.agreed['suite']}, though both have a better one`
      }
    }
    return null
  },
}

/** Messages of an honest peer arrive as they were sent: stalk/1 alone has messages here. */
export const integrity: Property = {
  name: 'integrity',
  broken: (world) => {
    const all = beliefs(world)
    for (const one of all) {
      const received = one.view.agreed['received']
      if (received === undefined || !one.isPeerIntact) continue
      const sender = all.find(({ view }) => view.keys === one.view.keys && view.role !== one.view.role)
      if (sender?.view.agreed['sent'] !== received) {
        return `${one.session.name} reads “${received}” from ${one.view.peer ?? 'nobody'}, who sent “${sender?.view.agreed['sent'] ?? 'nothing'}”`
      }
    }
    return null
  },
}

/** What stalk/2 promises. */
export const everything: readonly Property[] = [
  secrecy,
  agreement,
  injectivity,
  identityBinding,
  roles,
  hiding,
  bestSuite,
]

function keysShow(view: View, { knowledge }: World): boolean {
  const { keys } = view
  const parts = keys.kind === 'tuple' ? keys.parts : [keys]
  return parts.some((part) => knowledge.can(part))
}

function isPartner({ view: mine }: Belief, { session, view: theirs }: Belief): boolean {
  if (mine.role === theirs.role || mine.keys !== theirs.keys) return false
  if (mine.peer !== theirs.self || theirs.peer !== mine.self) return false
  // an initiator may be sure that the responder is done; a responder only that the initiator has sent all that it had to
  if (mine.role === 'initiator' && session.stage !== 'done') return false
  return Object.entries(mine.agreed).every(([name, value]) => (theirs.agreed[name] ?? value) === value)
}

function describe({ session, view }: Belief): string {
  return `${session.name} (${view.self ?? 'nobody'}) is connected with ${view.peer ?? 'nobody known'} as ${view.role}`
}

function nearest(belief: Belief, all: readonly Belief[]): string {
  const sharing = all.find((other) => other !== belief && other.view.keys === belief.view.keys)
  if (sharing === undefined) return 'nobody else has its keys'
  const differing = Object.entries(belief.view.agreed).filter(
    ([name, value]) => (sharing.view.agreed[name] ?? value) !== value,
  )
  const differences = differing.map(
    ([name, value]) => `${name} ${value} here, ${sharing.view.agreed[name] ?? ''} there`,
  )
  return `${describe(sharing)}${sharing.session.stage === 'done' ? '' : ', not yet done'}${differences.length === 0 ? '' : `: ${differences.join('; ')}`}`
}
