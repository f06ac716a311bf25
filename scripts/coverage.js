// Runs the tests with coverage and holds it against the floors: 95 % of lines everywhere, all of them in the pure layers.
// With --measured it runs nothing, and judges what a run with NODE_V8_COVERAGE=coverage/tmp has left.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

const measured = path.resolve('coverage/tmp')
const pureLayers = [
  'packages/spack/src',
  ...['crypto', 'identity', 'noise', 'stalk1', 'stalk2', 'session'].map((layer) => `packages/core/src/${layer}`),
]

function run(args, environment = {}) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
  if (status !== 0) process.exit(status ?? 1)
}

if (!process.argv.includes('--measured')) {
  rmSync(measured, { recursive: true, force: true })
  run(['scripts/test.js'], { NODE_V8_COVERAGE: measured })
}
const reporters = ['--reporter', 'text', '--reporter', 'json-summary', '--reports-dir', 'coverage']
const where = [
  '--temp-directory',
  measured,
  '--exclude-after-remap',
  '--include',
  'packages/*/src/**',
  '--exclude',
  '**/test/**',
]
run(['node_modules/c8/bin/c8.js', 'report', ...where, ...reporters])

const files = Object.entries(JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8'))).flatMap(
  ([file, { lines }]) => (file === 'total' ? [] : [{ file: path.relative('.', file), lines }]),
)

/** The percentage of lines in a folder that were run; nothing that was measured is an error. */
function coveredIn(folder) {
  const inside = files.filter(({ file }) => file.startsWith(folder))
  if (inside.length === 0) throw new Error(`nothing was measured in ${folder}`)
  const sum = (of) => inside.reduce((total, { lines }) => total + lines[of], 0)
  return (100 * sum('covered')) / sum('total')
}

const floors = [['packages/', 95], ...pureLayers.map((layer) => [`${layer}/`, 100])]
const missed = floors.filter(([folder, floor]) => coveredIn(folder) < floor)
for (const [folder, floor] of missed)
  console.error(`${folder}: ${coveredIn(folder).toFixed(2)} % of lines are covered, ${floor} % must be`)
if (missed.length > 0) process.exit(1)
console.log(`coverage: at least 95 % of lines everywhere, 100 % in ${pureLayers.join(', ')}`)
