// What the model says of the handshakes. The long checks are left to `npm run model`.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { run, type Check } from '../src/check.js'
import { explore } from '../src/explore.js'
import { agreement, secrecy } from '../src/properties.js'
import * as stalk1 from '../src/stalk1/checks.js'
import * as stalk2 from '../src/stalk2/checks.js'
import { scenario } from '../src/stalk2/scenarios.js'
import { sufficientParts } from '../src/stalk2/signed-parts.js'

function verify(title: string, checks: readonly Check[]): void {
  describe(title, () => {
    for (const check of checks.filter(({ isLong }) => isLong !== true)) {
      test(check.name, () => assert.deepEqual(run(check).surprises, []))
    }
  })
}

verify('stalk/2 as specified: everything holds', stalk2.specified)
verify('stalk/2 as specified, what it does not promise: the attack is found', stalk2.limits)
verify('stalk/2 with something taken out: the attack is found', stalk2.weakened)
verify('stalk/2 with something taken out that something else makes up for: everything holds', stalk2.redundant)
verify('stalk/1 of the original: its attacks are found', stalk1.original)
verify('stalk/1 as it is here: some attacks are refused, the others are found', stalk1.here)

test('of what is signed in stalk/2 the handshake hash is what is needed', () => {
  assert.ok(sufficientParts().isAsExpected)
})

test('a check that does not come out as it must says so', () => {
  const [check] = stalk2.specified
  assert.ok(check !== undefined)
  assert.deepEqual(run({ ...check, breaks: [secrecy], completes: ['I9'] }).surprises, [
    'secrecy holds, but must not',
    'I9 is never done',
  ])
  const [broken] = stalk2.weakened
  assert.ok(broken !== undefined)
  assert.ok(broken.properties.includes(agreement))
  assert.deepEqual(run({ ...broken, breaks: [secrecy] }).surprises, ['agreement does not hold'])
})

test('of a scenario with more states than the bound nothing is said', () => {
  const bounds = { maxStates: 5, stops: 'end' } as const
  assert.throws(() => explore(scenario({ name: 'one connection' }), [secrecy], bounds), RangeError)
})
