// Who talks to whom in stalk/2, and what the attacker has. Alice and Bob are honest, Mallory is the attacker’s own identity.
import { Attacker, type Menu } from '../attacker.js'
import type { Leak, Scenario } from '../explore.js'
import { Knowledge, type Powers } from '../knowledge.js'
import type { Session } from '../session.js'
import { identity, type Term } from '../terms.js'
import { connect, type InitiatorOptions, keyNames } from './initiator.js'
import { listen, type ResponderOptions } from './responder.js'
import { asSpecified, type Variant } from './variant.js'

export interface Setting {
  readonly name: string
  readonly variant?: Variant
  readonly initiators?: readonly Partial<InitiatorOptions>[]
  readonly responders?: readonly Partial<ResponderOptions>[]
  readonly preambles?: Menu['preambles']
  readonly offers?: Menu['offers']
  /** Whose private keys become known at any time. */
  readonly leaks?: readonly string[]
  /** Private keys of connections that are known from the beginning. */
  readonly scalars?: readonly string[]
  readonly brokenSuites?: readonly number[]
  /** Private X25519 keys of the attacker’s own. */
  readonly own?: readonly string[]
  readonly isPassive?: boolean
  readonly hidden?: readonly string[]
  /** An old connection of Alice with Bob was recorded; with `leaked` its private keys X25519 have become known since. */
  readonly old?: 'recorded' | 'leaked'
}

const everybody = ['Alice', 'Bob', 'Mallory']

export function scenario(setting: Setting): Scenario {
  const { variant = asSpecified, initiators = [{}], responders = [{}], preambles = [[1]], offers = [[]] } = setting
  const { scalars = [], brokenSuites = [], isPassive = false, hidden = [], leaks = [], own = ['m'] } = setting
  const calls = initiators.map((options, index) => connect(initiatorOptions(variant, `I${index + 1}`, options)))
  const listeners = responders.map((options, index) => listen(responderOptions(variant, `R${index + 1}`, options)))
  const old = setting.old === undefined ? { heard: [], scalars: [] } : oldConnection(variant, setting.old === 'leaked')
  const powers: Powers = { own, owners: ['Mallory'], scalars: [...scalars, ...old.scalars], brokenSuites }
  const names = everybody.filter((name) => !hidden.includes(name)).map(identity)
  return {
    name: setting.name,
    sessions: [...calls.map(({ session }) => session), ...listeners],
    knows: [...names, ...calls.flatMap(({ says }) => says), ...old.heard],
    powers,
    menu: { preambles, offers, owners: everybody },
    leaks: leaks.map((owner) => leakOf(variant, owner)),
    isPassive,
    twins: [...twins('I', initiators), ...twins('R', responders)],
    hidden,
  }
}

function initiatorOptions(variant: Variant, name: string, options: Partial<InitiatorOptions>): InitiatorOptions {
  return { name, variant, self: 'Alice', pin: 'Bob', suites: [1], offer: [], ...options }
}

function responderOptions(variant: Variant, name: string, options: Partial<ResponderOptions>): ResponderOptions {
  return { name, variant, self: 'Bob', suites: [1], protocols: [], allowsAnonymous: false, ...options }
}

/** Without fresh keys the private keys of connections go with that of the identity. */
function leakOf(variant: Variant, owner: string): Leak {
  const { e, s } = keyNames(variant, '', owner)
  return { owner, scalars: variant.hasFreshKeys ? [] : [e, s] }
}

/** Those of neighbours that have the same options. */
function twins(letter: string, options: readonly object[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 1; index < options.length; index++) {
    if (JSON.stringify(options[index - 1]) === JSON.stringify(options[index])) {
      pairs.push([`${letter}${index}`, `${letter}${index + 1}`])
    }
  }
  return pairs
}

/** What was heard of a connection between Alice and Bob that nobody disturbed. */
function oldConnection(variant: Variant, isLeaked: boolean): { heard: readonly Term[]; scalars: readonly string[] } {
  const { session, says } = connect(initiatorOptions(variant, 'old I', {}))
  let sessions: readonly Session[] = [session, listen(responderOptions(variant, 'old R', {}))]
  const heard = [...says]
  const powers: Powers = { own: [], owners: [], scalars: [], brokenSuites: [] }
  const menu: Menu = { preambles: [[1]], offers: [[]], owners: everybody }
  const step = (): boolean => {
    const attacker = new Attacker(Knowledge.of(powers, heard), menu, true)
    for (const one of sessions) {
      for (const move of one.moves(attacker)) {
        sessions = sessions.map((other) => (other === one ? move.next : other))
        heard.push(...move.says)
        return true
      }
    }
    return false
  }
  while (step());
  if (sessions.some(({ stage }) => stage !== 'done')) throw new Error('the old connection did not come about')
  const keys = [keyNames(variant, 'old I', 'Alice'), keyNames(variant, 'old R', 'Bob')]
  return { heard, scalars: isLeaked ? keys.flatMap(({ e, s }) => [e, s]) : [] }
}
