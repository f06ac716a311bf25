// Runs the tests with node's own runner: `node scripts/test.js [--built] [part of a file name …]`.
// Without --built the packages resolve to their TypeScript sources, with it to what `npm run build` makes. The command of the
// command line is a process of what was built either way, so that is brought up to date first.
import { spawnSync } from 'node:child_process'
import { findTests, nodeArguments, testArguments } from './test-files.js'

const built = process.argv.includes('--built')
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const files = findTests(parts)
if (files.length === 0) {
  console.error(`no test file matches ${parts.join(' ')}`)
  process.exit(1)
}
const build = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
if (build.status !== 0) process.exit(build.status ?? 1)
const run = spawnSync(process.execPath, [...nodeArguments(built), ...testArguments, ...files], { stdio: 'inherit' })
process.exit(run.status ?? 1)
