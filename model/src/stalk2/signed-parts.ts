// Every way to leave out some of what is signed: which are safe?
import { explore } from '../explore.js'
import { everything } from '../properties.js'
import { scenario, type Setting } from './scenarios.js'
import { asSpecified, type SignedPart, type Variant } from './variant.js'

const settings: readonly Omit<Setting, 'name' | 'variant'>[] = [
  { old: 'leaked', responders: [] },
  { initiators: [{ pin: 'Mallory' }, { self: 'Bob', pin: 'Alice' }] },
  { initiators: [{ suites: [1, 2] }], responders: [{ suites: [1, 2] }], preambles: [[1, 2], [2]] },
]

export interface SufficientParts {
  readonly lines: readonly string[]
  readonly states: number
  readonly isAsExpected: boolean
}

/** Goes through all 64 subsets of what is signed. */
export function sufficientParts(): SufficientParts {
  const { signs } = asSpecified
  let states = 0
  const safe: SignedPart[][] = []
  for (let bits = 0; bits < 2 ** signs.length; bits++) {
    const kept = signs.filter((_, index) => (bits & (1 << index)) !== 0)
    const variant: Variant = { ...asSpecified, signs: kept }
    const isBroken = settings.some((setting) => {
      const result = explore(scenario({ name: kept.join(' '), variant, ...setting }), everything, {
        maxStates: 50_000,
        stops: 'first',
      })
      states += result.states
      return result.attacks.size > 0
    })
    if (!isBroken) safe.push(kept)
  }
  const withHash = safe.filter((kept) => kept.includes('hash'))
  const isAsExpected = withHash.length === 2 ** (signs.length - 1) && safe.length === withHash.length
  const lines = [
    `of ${2 ** signs.length} choices of parts ${safe.length} are safe if all keys of an old connection have leaked`,
    isAsExpected
      ? 'they are those with the handshake hash: it is what is needed, the other parts repeat what it contains'
      : `safe: ${safe.map((kept) => kept.join('+') || 'nothing').join(', ')}`,
  ]
  return { lines, states, isAsExpected }
}
