import assert from 'node:assert/strict'
import { chmod, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { savedIdentity, temporaryDirectory } from './support/identities.js'
import { endProcesses, run } from './support/stalk-process.js'

const home = await temporaryDirectory()
const directory = path.join(home.path, '.stalk')
const identity = await savedIdentity(directory)
const both = `fingerprint  ${identity.fingerprint}\nidentity     ${identity.toString()}\n`
after(async () => {
  await endProcesses()
  await home.remove()
})

test('id prints the same for the default identity, its directory and its id_pub', async () => {
  const environment = { HOME: home.path }
  const runs = [run(['id'], { environment }), run(['id', directory]), run(['id', path.join(directory, 'id_pub')])]
  for (const { code, stdout, stderr } of await Promise.all(runs))
    assert.deepEqual([code, stdout, stderr], [0, both, ''])
})

test('id prints JSON, or only one of the two values, and what it prints is an identity file', async () => {
  const [json, fingerprint, text] = await Promise.all([
    run(['id', directory, '--json']),
    run(['id', directory, '--only', 'fingerprint']),
    run(['id', directory, '--only', 'identity']),
  ])
  assert.deepEqual(JSON.parse(json.stdout), {
    protocol: 'stalk/1',
    type: 'rsa',
    bits: 2048,
    fingerprint: identity.fingerprint,
    identity: identity.toString(),
  })
  assert.equal(fingerprint.stdout, `${identity.fingerprint}\n`)
  assert.equal(text.stdout, `${identity.toString()}\n`)
  await writeFile(path.join(home.path, 'server.txt'), text.stdout)
  assert.equal((await run(['id', path.join(home.path, 'server.txt')])).stdout, both)
})

test('id needs no private key: an encrypted or exposed one is not looked at, and one beside no id_pub is read', async () => {
  const encrypted = path.join(home.path, 'encrypted')
  const ed25519 = await Identity.generate({ type: 'ed25519' })
  await ed25519.save(encrypted, { passphrase: 'x' })
  await chmod(path.join(encrypted, 'id_priv'), 0o644)
  assert.match((await run(['id', encrypted])).stdout, new RegExp(`^fingerprint  ${ed25519.fingerprint}$`, 'mu'))

  await chmod(path.join(encrypted, 'id_priv'), 0o600)
  await rm(path.join(encrypted, 'id_pub'))
  const refused = await run(['id', encrypted])
  assert.equal(refused.code, 6)
  assert.match(refused.stderr, /^stalk: [^\n]* \(IDENTITY_PASSPHRASE\)\n$/u)
  const read = await run(['id', encrypted, '--only', 'fingerprint'], { environment: { STALK_PASSPHRASE: 'x' } })
  assert.equal(read.stdout, `${ed25519.fingerprint}\n`)
})

test('id without an identity, of a private key or of a damaged file: exit code 6 and one line', async () => {
  const damaged = path.join(home.path, 'damaged')
  await writeFile(damaged, 'hello')
  for (const [args, code] of [
    [['id'], 'IDENTITY_NOT_FOUND'],
    [['id', path.join(home.path, 'nothing')], 'IDENTITY_NOT_FOUND'],
    [['id', path.join(directory, 'id_priv')], 'IDENTITY_FILE_INVALID'],
    [['id', damaged], 'IDENTITY_FILE_INVALID'],
  ] as const) {
    const result = await run(args)
    assert.deepEqual([result.code, result.stdout], [6, ''])
    assert.match(result.stderr, new RegExp(`^stalk: [^\\n]* \\(${code}\\)\\n$`, 'u'))
  }
})
