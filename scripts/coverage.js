// Runs the tests with coverage and holds it against the floors: 95 % of lines everywhere, all of them in the pure layers.
// With --measured it runs nothing, and judges what a run with NODE_V8_COVERAGE=coverage/tmp has left.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
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

function c8(command, included, ...more) {
  const where = ['--temp-directory', measured, '--exclude-after-remap', '--exclude', '**/test/**']
  run(['node_modules/c8/bin/c8.js', command, '--include', `${included}/**`, ...where, ...more])
}

if (!process.argv.includes('--measured')) {
  rmSync(measured, { recursive: true, force: true })
  run(['scripts/test.js'], { NODE_V8_COVERAGE: measured })
}
c8('report', 'packages/*/src', '--reporter', 'text')
c8('check-coverage', 'packages/*/src', '--lines', '95')
for (const layer of pureLayers) c8('check-coverage', layer, '--lines', '100')
console.log(`coverage: at least 95 % of lines everywhere, 100 % in ${pureLayers.join(', ')}`)
