// Runs our implementation against the independent one in interop/: `npm run interop [-- part of a file name …]`, with --built against the built packages.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { nodeArguments } from './test-files.js'

const python = process.env.PYTHON ?? 'python3'
const { error, status } = spawnSync(python, ['-c', 'import cryptography.hazmat.primitives.ciphers.aead'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
if (error !== undefined || status !== 0) {
  const missing = error === undefined ? `${python} has no package cryptography` : `there is no ${python}`
  console.error(`npm run interop needs Python 3.10 or newer with the package cryptography, 38 or newer, and ${missing}.
On Debian and Ubuntu: apt install python3 python3-cryptography. Elsewhere: pip install cryptography.
PYTHON names another Python, such as PYTHON=/usr/bin/python3 npm run interop.`)
  process.exit(1)
}

const folder = path.resolve(import.meta.dirname, '../interop/test')
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && (parts.length === 0 || parts.some((part) => name.includes(part))))
  .map((name) => path.join(folder, name))
  .sort()
if (files.length === 0) {
  console.error(`no file of interop/test matches ${parts.join(' ')}`)
  process.exit(1)
}
// a file that takes this long, also on a busy machine, has failed: by itself none takes two minutes
const testArguments = ['--test', '--test-concurrency', '2', '--test-timeout', '420000']
const run = spawnSync(
  process.execPath,
  [...nodeArguments(process.argv.includes('--built')), ...testArguments, ...files],
  { stdio: 'inherit' },
)
process.exit(run.status ?? 1)
