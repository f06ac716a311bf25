// `npm run model [-- --brief] [-- --deep]`: every check, what came of it, and the attacks that had to be found.
import { run, type Check, type Outcome } from './check.js'
import * as stalk1 from './stalk1/checks.js'
import { sufficientParts } from './stalk2/signed-parts.js'
import * as stalk2 from './stalk2/checks.js'

const isBrief = process.argv.includes('--brief')
const isDeep = process.argv.includes('--deep')

const chapters: readonly (readonly [title: string, checks: readonly Check[]])[] = [
  ['stalk/2 as specified: everything holds', [...stalk2.specified, ...(isDeep ? stalk2.deep : [])]],
  ['stalk/2 as specified, what it does not promise: the attack is found', stalk2.limits],
  ['stalk/2 with something taken out: the attack is found', stalk2.weakened],
  ['stalk/2 with something taken out that something else makes up for: everything holds', stalk2.redundant],
  ['stalk/1 of the original', stalk1.original],
  ['stalk/1 as it is here', stalk1.here],
]

const outcomes: Outcome[] = []
for (const [title, checks] of chapters) {
  console.log(`\n${title}\n`)
  for (const check of checks) {
    const outcome = run(check)
    outcomes.push(outcome)
    report(outcome)
  }
}
const parts = sufficientParts()
console.log(`\nwhat must be signed in stalk/2\n\n  ${parts.lines.join('\n  ')}`)

const states = outcomes.reduce((sum, outcome) => sum + outcome.states, parts.states)
const seconds = performance.now() / 1000
console.log(`\n${outcomes.length} checks, ${states} states, ${seconds.toFixed(0)} s`)
const surprises = outcomes.filter((outcome) => outcome.surprises.length > 0)
if (surprises.length > 0 || !parts.isAsExpected) {
  console.error(`${surprises.length} checks did not come out as they must`)
  process.exitCode = 1
}

function report({ check, states, milliseconds, attacks, surprises }: Outcome): void {
  const result = attacks.size === 0 ? 'holds' : `broken: ${[...attacks.keys()].join(', ')}`
  const time = `${(milliseconds / 1000).toFixed(1)} s`
  console.log(`  ${check.name.padEnd(64)} ${String(states).padStart(7)} states ${time.padStart(7)}  ${result}`)
  for (const surprise of surprises) console.log(`    NOT AS EXPECTED: ${surprise}`)
  if (isBrief && surprises.length === 0) return
  for (const [name, { lines, what }] of attacks) {
    console.log(`    ${name}`)
    lines.forEach((line, index) => console.log(`      ${index + 1}. ${line}`))
    console.log(`      so ${what}`)
  }
}
