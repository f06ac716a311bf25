import assert from 'node:assert/strict'
import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { Identity } from '@stalk/core'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run } from './support/stalk-process.js'

const home = await temporaryDirectory()
after(async () => {
  await endProcesses()
  await home.remove()
})

async function mode(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8)
}

const kinds = [
  { args: [], protocol: 'stalk/2', type: 'ed25519', bits: 256 },
  { args: ['--type', 'rsa'], protocol: 'stalk/2', type: 'rsa', bits: 3072 },
  { args: ['--protocol', 'stalk/1'], protocol: 'stalk/1', type: 'rsa', bits: 2048 },
  { args: ['--protocol', 'stalk/1', '--type', 'rsa', '--bits', '2056'], protocol: 'stalk/1', type: 'rsa', bits: 2056 },
]
for (const [index, { args, protocol, type, bits }] of kinds.entries()) {
  test(`keygen ${args.join(' ')} makes ${protocol} ${type} ${bits}, id_priv for its owner only`, async () => {
    const directory = path.join(home.path, `kind-${index}`)
    const { code, stdout, stderr } = await run(['keygen', ...args, '--out', directory, '--json'])
    assert.equal(code, 0, stderr)
    const identity = await Identity.load(directory)
    assert.deepEqual(JSON.parse(stdout), {
      protocol,
      type,
      bits,
      fingerprint: identity.fingerprint,
      identity: identity.toString(),
      directory,
    })
    assert.ok(stderr.startsWith(`saved in ${directory}: `))
    assert.deepEqual(
      [await mode(directory), await mode(path.join(directory, 'id_priv')), await mode(path.join(directory, 'id_pub'))],
      ['700', '600', '644'],
    )
  })
}

test('keygen writes to $STALK_HOME, else to ~/.stalk, and prints two labelled lines', async () => {
  const [chosen, fallback] = await Promise.all([
    run(['keygen'], { environment: { STALK_HOME: path.join(home.path, 'chosen') } }),
    run(['keygen'], { environment: { HOME: home.path } }),
  ])
  for (const [{ code, stdout }, directory] of [
    [chosen, 'chosen'],
    [fallback, '.stalk'],
  ] as const) {
    assert.equal(code, 0)
    const identity = await Identity.load(path.join(home.path, directory))
    assert.equal(stdout, `fingerprint  ${identity.fingerprint}\nidentity     ${identity.toString()}\n`)
  }
})

test('keygen overwrites with --force only: without it IDENTITY_EXISTS, exit code 6, the key as it was', async () => {
  const directory = path.join(home.path, 'once')
  assert.equal((await run(['keygen', '--out', directory])).code, 0)
  const first = await readFile(path.join(directory, 'id_priv'))

  const refused = await run(['keygen', '--out', directory])
  assert.equal(refused.code, 6)
  assert.equal(refused.stdout, '')
  assert.match(refused.stderr, /^stalk: .*id_priv is there already: .*--force.* \(IDENTITY_EXISTS\)\n$/u)
  assert.deepEqual(await readFile(path.join(directory, 'id_priv')), first)

  assert.equal((await run(['keygen', '--out', directory, '--force'])).code, 0)
  assert.notDeepEqual(await readFile(path.join(directory, 'id_priv')), first)
  assert.deepEqual((await readdir(directory)).sort(), ['id_priv', 'id_pub'])
})

test('keygen --passphrase takes STALK_PASSPHRASE, and the key file cannot be read without it', async () => {
  const directory = path.join(home.path, 'secret')
  const { code, stdout, stderr } = await run(['keygen', '--passphrase', '--out', directory], {
    environment: { STALK_PASSPHRASE: 'correct horse' },
  })
  assert.equal(code, 0)
  assert.equal(`${stdout}${stderr}`.includes('correct horse'), false)
  assert.match(await readFile(path.join(directory, 'id_priv'), 'latin1'), /BEGIN ENCRYPTED PRIVATE KEY/u)
  await assert.rejects(Identity.load(directory), { code: 'IDENTITY_PASSPHRASE' })
  await Identity.load(directory, { passphrase: 'correct horse' })
})

const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['--passphrase'], /asks on a terminal, and there is none: set STALK_PASSPHRASE/u],
  [['--passphrase=secret'], /--passphrase/u],
  [['--protocol', 'stalk/1', '--passphrase'], /stalk\/1 has no passphrase/u],
  [['--protocol', 'stalk/1', '--type', 'ed25519'], /stalk\/1 knows RSA keys only/u],
  [['--bits', '2048'], /--bits is for --type rsa/u],
  [['--type', 'rsa', '--bits', '1024'], /--bits: .*multiple of 8 from 2048 to 4096/u],
  [['--type', 'rsa', '--bits', '2k'], /'2k' is invalid/u],
  [['--type', 'dsa'], /Allowed choices are ed25519, rsa/u],
]
test('keygen refuses options that make no sense with exit code 2, and writes nothing', async () => {
  for (const [args, message] of refused) {
    const out = path.join(home.path, 'never')
    const { code, stdout, stderr } = await run(['keygen', '--out', out, ...args])
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, message)
    assert.match(stderr, /^stalk: [^\n]* \(USAGE\)\n$/u)
    await assert.rejects(stat(out))
  }
})
