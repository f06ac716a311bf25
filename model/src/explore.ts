// Goes through every state that some sessions and an attacker can get into.
//
// What is enumerated. A state is what each session has come to, and what the attacker knows. From it every session may take every
// message that it would accept and that the attacker can make; the attacker carries all messages, so whatever a session says is
// learned by it, and nothing arrives that it did not put there. The attacker may also be given private keys (`leaks`), at any time.
//
// What the attacker may put into a message. Roles look at each field of what they await, in order:
// - a ciphertext: any that was heard, or any made with a key that the attacker has, of every plaintext that the role would accept. One that
//   does not open ends the session, which says nothing, so it is not tried;
// - a signature: the role accepts exactly one term there, and the attacker can make that or cannot;
// - an identity, an offer: each of the menu;
// - a public key, of a handshake or of its owner: every point that can be made from known ones, up to scalars of the attacker's own
//   (`publicKeys`): of each its plain encoding, another encoding, and that with a scalar of the attacker put in; the base point; one of its own;
//   all that have low order. No side compares keys with each other, so what works with several scalars of the attacker's works with one.
//
// What is left out, without loss: whatever makes a session fail, as it says nothing more; and, of initiators, the time before A, as what they
// await then is nothing. States that are the same but for the order of events are visited once. Of two sessions that differ by their name
// alone (`twins`) the second begins only after the first.
import { Attacker, type Menu } from './attacker.js'
import { Knowledge, type Powers } from './knowledge.js'
import type { Move, Session, View } from './session.js'
import type { Term } from './terms.js'

/** Private keys that are given to the attacker at some time. */
export interface Leak {
  readonly owner: string
  /** What else falls into its hands with it. */
  readonly scalars: readonly string[]
}

export interface Scenario {
  readonly name: string
  readonly sessions: readonly Session[]
  /** What the attacker knows at first. Constants and its own keys it always does. */
  readonly knows: readonly Term[]
  readonly powers: Powers
  readonly menu: Menu
  readonly leaks: readonly Leak[]
  /** It carries messages as they are. */
  readonly isPassive: boolean
  /** Pairs of names of sessions that are the same but for it. */
  readonly twins: readonly (readonly [first: string, second: string])[]
  /** Whose identity must not show. */
  readonly hidden: readonly string[]
}

/** Somebody’s view, and whether nobody but its peer had the peer’s private key at the moment when the view was formed. */
export interface Belief {
  readonly session: Session
  readonly view: View
  readonly isPeerIntact: boolean
}

export interface World {
  readonly scenario: Scenario
  readonly sessions: readonly Session[]
  /** Whose private keys have leaked. */
  readonly leaked: readonly string[]
  readonly knowledge: Knowledge
  /** Names of sessions whose peer was intact when they began to trust it. */
  readonly intact: ReadonlySet<string>
}

export interface Property {
  readonly name: string
  /** Null if it holds in this state, otherwise what is wrong. */
  readonly broken: (world: World) => string | null
}

export interface Attack {
  readonly lines: readonly string[]
  readonly what: string
}

export interface Result {
  readonly states: number
  /** The shortest attack on each property that does not hold. */
  readonly attacks: ReadonlyMap<string, Attack>
  /** Names of sessions that are done in some state. */
  readonly done: ReadonlySet<string>
}

interface Node {
  readonly parent: Node | null
  readonly text: () => string
}

export interface Bounds {
  /** More states are an error: nothing is said of what was not looked at. */
  readonly maxStates: number
  /** When the first of the properties is broken, when each is, or when everything was looked at. */
  readonly stops: 'first' | 'each' | 'end'
}

export function explore(scenario: Scenario, properties: readonly Property[], bounds: Bounds): Result {
  const start = begin(scenario)
  const visited = new Set([keyOf(start)])
  const queue: ({ readonly world: World; readonly node: Node } | null)[] = [
    { world: start, node: { parent: null, text: () => 'every initiator says A' } },
  ]
  const attacks = new Map<string, Attack>()
  const done = new Set<string>()
  const open = new Set(properties)
  // breadth first, so that the first attack that is found is a shortest one
  for (let at = 0; at < queue.length; at++) {
    const entry = queue[at]
    if (entry === undefined || entry === null) continue
    queue[at] = null
    const { world, node } = entry
    for (const { name, stage } of world.sessions) if (stage === 'done') done.add(name)
    for (const property of open) {
      const what = property.broken(world)
      if (what === null) continue
      open.delete(property)
      attacks.set(property.name, { lines: linesTo(node), what })
    }
    if (bounds.stops === 'each' && open.size === 0) break
    if (bounds.stops === 'first' && attacks.size > 0) break
    for (const { state, learn, text } of successors(world)) {
      const key = keyOf(state)
      if (visited.has(key)) continue
      visited.add(key)
      if (visited.size > bounds.maxStates)
        throw new RangeError(`${scenario.name}: more than ${bounds.maxStates} states`)
      queue.push({ world: { ...state, knowledge: learn() }, node: { parent: node, text } })
    }
  }
  return { states: visited.size, attacks, done }
}

function begin(scenario: Scenario): World {
  const { sessions, powers, knows } = scenario
  return { scenario, sessions, leaked: [], knowledge: Knowledge.of(powers, knows), intact: new Set() }
}

/** What the attacker knows follows from what the sessions have come to, and from what leaked. */
function keyOf({ sessions, leaked, intact }: Omit<World, 'knowledge'>): string {
  return [...sessions.map(({ key }) => key), [...leaked].sort().join(' '), [...intact].sort().join(' ')].join('|')
}

interface Successor {
  readonly state: Omit<World, 'knowledge'>
  readonly learn: () => Knowledge
  readonly text: () => string
}

function* successors(world: World): Generator<Successor> {
  const { scenario, sessions, knowledge, leaked, intact } = world
  const attacker = new Attacker(knowledge, scenario.menu, scenario.isPassive)
  for (const session of sessions) {
    if (!mayMove(world, session)) continue
    for (const move of session.moves(attacker)) {
      yield { state: afterMove(world, session, move), learn: () => knowledge.learn(move.says), text: move.text }
    }
  }
  for (const { owner, scalars } of scenario.leaks) {
    if (leaked.includes(owner)) continue
    yield {
      state: { scenario, sessions, leaked: [...leaked, owner], intact },
      learn: () => knowledge.gain([owner], scalars),
      text: () => `the private key of ${owner} becomes known`,
    }
  }
}

function mayMove({ scenario, sessions }: World, session: Session): boolean {
  const first = scenario.twins.find(([, second]) => second === session.name)?.[0]
  if (first === undefined) return true
  const hasBegun = (name: string): boolean => {
    const now = sessions.find((other) => other.name === name)
    return now !== scenario.sessions.find((other) => other.name === name)
  }
  return hasBegun(first) || hasBegun(session.name)
}

function afterMove(world: World, session: Session, { next }: Move): Omit<World, 'knowledge'> {
  const { scenario, leaked, knowledge } = world
  const sessions = world.sessions.map((other) => (other === session ? next : other))
  const peer = next.view?.peer ?? null
  const isNewlyIntact = session.view === null && peer !== null && !knowledge.powers.owners.includes(peer)
  const intact = isNewlyIntact ? new Set([...world.intact, next.name]) : world.intact
  return { scenario, sessions, leaked, intact }
}

function linesTo(node: Node): string[] {
  const lines: string[] = []
  for (let at: Node | null = node; at !== null; at = at.parent) lines.unshift(at.text())
  return lines
}

/** What everybody believes in this state. */
export function beliefs({ sessions, intact }: World): readonly Belief[] {
  return sessions.flatMap((session) =>
    session.view === null ? [] : [{ session, view: session.view, isPeerIntact: intact.has(session.name) }],
  )
}
