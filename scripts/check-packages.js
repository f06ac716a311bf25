// Packs every published package and checks what a user would get: publint, the types under every module resolution, and a program
// that installs the tarballs in an empty directory and talks over a real socket.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const consumer = `
import { connect, Identity, listen, Spack } from '@stalk/core'
const identity = await Identity.generate({ type: 'ed25519' })
const listener = await listen('127.0.0.1', 0, async (peer) => console.log((await peer.receive()).values()[0]), { identity })
const connection = await connect('127.0.0.1', listener.port, { identity, serverIdentity: identity })
connection.send(new Spack().string('hello'))
await connection.end()
await connection.receive()
await connection.close()
await listener.close()
`
const packages = ['spack', 'core', 'rpc', 'cli']
const out = mkdtempSync(path.join(tmpdir(), 'stalk-pack-'))
const run = (command, args, options = {}) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options })

try {
  for (const name of packages) {
    run('npx', ['publint', '--strict', `packages/${name}`])
    run('npm', ['pack', '--silent', '--pack-destination', out, '--workspace', `packages/${name}`])
  }
  const tarballs = readdirSync(out).map((file) => path.join(out, file))
  for (const tarball of tarballs.filter((file) => !file.includes('-cli-'))) {
    run('npx', ['attw', '--profile', 'esm-only', tarball])
  }
  writeFileSync(path.join(out, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', ...tarballs], { cwd: out })
  writeFileSync(path.join(out, 'talk.js'), consumer)
  const said = run(process.execPath, ['talk.js'], { cwd: out }).toString()
  if (said !== 'hello\n') throw new Error(`the installed packages said ${JSON.stringify(said)}`)
  run(path.join(out, 'node_modules/.bin/stalk'), ['--help'])
  console.log(`packages: ${packages.join(', ')} pack, install and talk`)
} finally {
  rmSync(out, { recursive: true, force: true })
}
