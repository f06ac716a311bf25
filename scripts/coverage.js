// Runs the tests with coverage and holds it against the floors: 95 % of lines everywhere, all of them in the pure layers.
import { spawnSync } from 'node:child_process'
import { findTests, nodeArguments, testArguments } from './test-files.js'

const c8 = 'node_modules/c8/bin/c8.js'
const pureLayers = [
  'packages/spack/src',
  ...['crypto', 'identity', 'noise', 'stalk1', 'stalk2', 'session'].map((layer) => `packages/core/src/${layer}`),
]
const common = ['--temp-directory', 'coverage/tmp', '--exclude-after-remap', '--exclude', '**/test/**']

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const everywhere = ['--include', 'packages/*/src/**', ...common, '--reporter', 'text']
run(c8, ...everywhere, process.execPath, ...nodeArguments(false), ...testArguments, ...findTests())
run(c8, 'check-coverage', '--include', 'packages/*/src/**', ...common, '--lines', '95')
for (const layer of pureLayers) run(c8, 'check-coverage', '--include', `${layer}/**`, ...common, '--lines', '100')
console.log(`coverage: at least 95 % of lines everywhere, 100 % in ${pureLayers.join(', ')}`)
