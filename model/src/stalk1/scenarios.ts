// Who talks to whom in stalk/1, and what the attacker has.
import { Attacker, type Menu } from '../attacker.js'
import type { Scenario } from '../explore.js'
import { Knowledge } from '../knowledge.js'
import type { Session } from '../session.js'
import { identity, type Term } from '../terms.js'
import { connect, ephemeralName, listen, type Options } from './stalk1.js'

export interface Setting {
  readonly name: string
  readonly isOriginal: boolean
  readonly initiators?: readonly Partial<Options>[]
  readonly responders?: readonly Partial<Options>[]
  readonly leaks?: readonly string[]
  readonly isPassive?: boolean
  readonly hidden?: readonly string[]
  /** An old connection of Alice with Bob was recorded; with `leaked` the responder’s ephemeral key has become known since. */
  readonly old?: 'recorded' | 'leaked'
}

const everybody = ['Alice', 'Bob', 'Mallory']
const menu: Menu = { preambles: [], offers: [], owners: everybody }

export function scenario(setting: Setting): Scenario {
  const { isOriginal, initiators = [{}], responders = [{}], isPassive = false, hidden = [], leaks = [] } = setting
  const calls = initiators.map((options, index) => connect(initiatorOptions(isOriginal, `I${index + 1}`, options)))
  const listeners = responders.map((options, index) => listen(responderOptions(isOriginal, `R${index + 1}`, options)))
  const heard = setting.old === undefined ? [] : oldConnection(isOriginal)
  const names = everybody.filter((name) => !hidden.includes(name)).map(identity)
  return {
    name: setting.name,
    sessions: [...calls.map(({ session }) => session), ...listeners],
    knows: [...names, ...calls.flatMap(({ says }) => says), ...heard],
    powers: {
      own: ['m'],
      owners: ['Mallory'],
      scalars: setting.old === 'leaked' ? [ephemeralName(oldResponder)] : [],
      brokenSuites: [],
    },
    menu,
    leaks: leaks.map((owner) => ({ owner, scalars: [] })),
    isPassive,
    twins: [],
    hidden,
  }
}

const oldResponder = 'old R'

function initiatorOptions(isOriginal: boolean, name: string, options: Partial<Options>): Options {
  return { name, self: 'Alice', pin: 'Bob', isOriginal, ...options }
}

function responderOptions(isOriginal: boolean, name: string, options: Partial<Options>): Options {
  return { name, self: 'Bob', pin: null, isOriginal, ...options }
}

/** What was heard of the beginning of a connection between Alice and Bob that nobody disturbed. */
function oldConnection(isOriginal: boolean): readonly Term[] {
  const { says } = connect(initiatorOptions(isOriginal, 'old I', {}))
  const responder: Session = listen(responderOptions(isOriginal, oldResponder, {}))
  const powers = { own: [], owners: [], scalars: [], brokenSuites: [] }
  const [move] = responder.moves(new Attacker(Knowledge.of(powers, says), menu, true))
  if (move === undefined) throw new Error('the old connection did not come about')
  return [...says, ...move.says]
}
