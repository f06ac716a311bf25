// Runs the tests on another release of Node, taken from the npm registry: `node scripts/test-other-node.js [--built] 26 [22 …] [part of a file
// name …]`.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const releases = words.filter((word) => /^\d+$/u.test(word))
const parts = words.filter((word) => !releases.includes(word))
if (releases.length === 0) throw new Error('say which major releases of Node to test on')
for (const release of releases) {
  const prefix = mkdtempSync(path.join(tmpdir(), `node-${release}-`))
  try {
    // The `node` package only picks one of these for the machine that it is installed on.
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${release}`])
    const node = path.join(prefix, 'node_modules', name, 'bin', 'node')
    console.log(`tests on Node ${execFileSync(node, ['--version']).toString().trim()}`)
    const { status } = spawnSync(node, ['scripts/test.js', ...options, ...parts], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  } finally {
    rmSync(prefix, { recursive: true, force: true })
  }
}
