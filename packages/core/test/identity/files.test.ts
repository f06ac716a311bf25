import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { rsaPrivateNumbers } from '#src/crypto/rsa.js'
import { Identity, requirePrivate } from '#src/identity/identity.js'
import { directoryWith, temporaryDirectory } from './temporary.js'
import { vectorIdentities, vectorIdentity } from './vectors.js'

const [ed25519, other, rsa1, rsa2] = await Promise.all([
  Identity.generate({ type: 'ed25519' }),
  Identity.generate({ type: 'ed25519' }),
  Identity.generate({ type: 'rsa', protocol: 'stalk/1' }),
  Identity.generate({ type: 'rsa', protocol: 'stalk/2', bits: 2048 }),
])
const mode = (file: string): number => statSync(file).mode & 0o777

for (const identity of [ed25519, rsa1, rsa2]) {
  test(`a ${identity.protocol} ${identity.type} identity survives saving, in a directory made for it`, async () => {
    const directory = path.join(temporaryDirectory(), 'a', 'b')
    await identity.save(directory)
    const loaded = await Identity.load(directory)
    assert.equal(loaded.equals(identity), true)
    assert.equal(requirePrivate(loaded).equals(requirePrivate(identity)), true)
    assert.deepEqual(readdirSync(directory).sort(), ['id_priv', 'id_pub'])
    assert.equal(mode(directory), 0o700)
    assert.equal(mode(path.join(directory, 'id_priv')), 0o600)
    const peer = await Identity.loadPublic(directory)
    assert.equal(peer.equals(identity), true)
    assert.equal(peer.privateKey, undefined)
    assert.equal((await Identity.loadPublic(path.join(directory, 'id_pub'))).equals(identity), true)
  })
}

for (const { name, n, e, d, privateBytes, publicBytes } of vectorIdentities) {
  test(`the original’s ${name} loads with the right numbers, and is written as the original reads it`, async () => {
    const options = { minBits: 512 }
    const loaded = await Identity.load(directoryWith({ id_priv: privateBytes, id_pub: publicBytes }), options)
    assert.equal(loaded.protocol, 'stalk/1')
    assert.deepEqual(loaded.rsa, { n, e })
    assert.deepEqual(rsaPrivateNumbers(requirePrivate(loaded)), { n, e, d })

    const directory = temporaryDirectory()
    await loaded.save(directory)
    for (const file of ['id_priv', 'id_pub'])
      assert.equal(statSync(path.join(directory, file)).size, 4 + loaded.keysize / 4)
    assert.equal((await Identity.load(directory, options)).equals(loaded), true)
    if (!name.startsWith('pub-short'))
      assert.deepEqual(new Uint8Array(readFileSync(path.join(directory, 'id_priv'))), privateBytes)
  })
}

test('RSA_MODULUS_TOO_SMALL: the original’s key of 1024 bits, unless minBits allows it', async () => {
  const { privateBytes, publicBytes } = vectorIdentity('pub-b')
  const directory = directoryWith({ id_priv: privateBytes, id_pub: publicBytes })
  await assert.rejects(Identity.load(directory), { code: 'RSA_MODULUS_TOO_SMALL', message: /id_pub: .*1024 bits/u })
  await assert.rejects(Identity.loadPublic(directory), { code: 'RSA_MODULUS_TOO_SMALL' })
  assert.equal((await Identity.loadPublic(directory, { minBits: 1024 })).keysize, 1024)
})

test('a peer’s text in a file is read as its public key', async () => {
  const directory = directoryWith({ id_pub: `  ${ed25519.toString()}\n` })
  assert.equal((await Identity.loadPublic(path.join(directory, 'id_pub'))).equals(ed25519), true)
})

describe('the passphrase', () => {
  test('opens what it closed, for both types of stalk/2', async () => {
    for (const identity of [ed25519, rsa2]) {
      const directory = temporaryDirectory()
      await identity.save(directory, { passphrase: 'correct horse é' })
      const text = readFileSync(path.join(directory, 'id_priv'), 'utf8')
      assert.match(text, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/u)
      const loaded = await Identity.load(directory, { passphrase: 'correct horse é' })
      assert.equal(requirePrivate(loaded).equals(requirePrivate(identity)), true)
    }
  })

  test('IDENTITY_PASSPHRASE: when it is missing or wrong', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory, { passphrase: 'right' })
    await assert.rejects(Identity.load(directory), { code: 'IDENTITY_PASSPHRASE', message: /id_priv is encrypted/u })
    await assert.rejects(Identity.load(directory, { passphrase: 'wrong' }), { code: 'IDENTITY_PASSPHRASE' })
    await assert.rejects(Identity.load(directory, { passphrase: '' }), TypeError)
  })

  test('salt and IV are new every time', async () => {
    const [one, two] = [temporaryDirectory(), temporaryDirectory()]
    await Promise.all([one, two].map((directory) => ed25519.save(directory, { passphrase: 'same' })))
    assert.notDeepEqual(readFileSync(path.join(one, 'id_priv')), readFileSync(path.join(two, 'id_priv')))
  })

  test('may have 1024 bytes and no more, and may not be empty', async () => {
    const directory = temporaryDirectory()
    await assert.rejects(ed25519.save(directory, { passphrase: '' }), TypeError)
    await assert.rejects(ed25519.save(directory, { passphrase: 'é'.repeat(513) }), RangeError)
    assert.deepEqual(readdirSync(directory), [])
    await ed25519.save(directory, { passphrase: 'é'.repeat(512) })
    assert.equal((await Identity.load(directory, { passphrase: 'é'.repeat(512) })).equals(ed25519), true)
  })

  test('is a TypeError with stalk/1, whose files have none', async () => {
    await assert.rejects(rsa1.save(temporaryDirectory(), { passphrase: 'x' }), TypeError)
  })

  test('is not needed for a key without one, and does not hurt', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory)
    assert.equal((await Identity.load(directory, { passphrase: 'unused' })).equals(ed25519), true)
  })

  test('keys that OpenSSL’s own PKCS#8 encrypted load too', async () => {
    const id_priv = requirePrivate(rsa2).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'p',
    })
    assert.equal((await Identity.load(directoryWith({ id_priv }), { passphrase: 'p' })).equals(rsa2), true)
  })

  test('the openssl command reads what we encrypt, where there is one', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory, { passphrase: 'right' })
    const read = (passphrase: string): string =>
      execFileSync('openssl', ['pkcs8', '-in', path.join(directory, 'id_priv'), '-passin', `pass:${passphrase}`], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
    try {
      execFileSync('openssl', ['version'], { stdio: 'pipe' })
    } catch {
      return
    }
    assert.equal(read('right'), requirePrivate(ed25519).export({ format: 'pem', type: 'pkcs8' }))
    assert.throws(() => read('wrong'))
  })
})

test('PEM files that OpenSSL made load, with and without an id_pub', async () => {
  for (const identity of [ed25519, rsa2]) {
    const id_priv = requirePrivate(identity).export({ format: 'pem', type: 'pkcs8' })
    const id_pub = identity.publicKey.export({ format: 'pem', type: 'spki' })
    assert.equal((await Identity.load(directoryWith({ id_priv }))).equals(identity), true)
    const windows = (text: string | Buffer): string => text.toString().replaceAll('\n', '\r\n')
    const directory = directoryWith({ id_priv: windows(id_priv), id_pub: windows(id_pub) })
    assert.equal((await Identity.load(directory)).equals(identity), true)
  }
})

describe('who may read', () => {
  for (const bits of [0o644, 0o640, 0o604, 0o620, 0o601]) {
    test(`IDENTITY_FILE_EXPOSED: id_priv with mode 0${bits.toString(8)}`, async () => {
      const directory = temporaryDirectory()
      await ed25519.save(directory)
      const file = path.join(directory, 'id_priv')
      chmodSync(file, bits)
      await assert.rejects(Identity.load(directory), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'IDENTITY_FILE_EXPOSED')
        assert.ok(error.message.includes(`mode 0${bits.toString(8)}`) && error.message.includes(`chmod 600 ${file}`))
        return true
      })
    })
  }

  test('id_priv with mode 0400 loads, whatever the mode of id_pub', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory)
    chmodSync(path.join(directory, 'id_priv'), 0o400)
    chmodSync(path.join(directory, 'id_pub'), 0o666)
    assert.equal((await Identity.load(directory)).equals(ed25519), true)
  })
})

describe('saving', () => {
  test('a misspelt option is a TypeError, and nothing is written or read with less than was asked for', async () => {
    const directory = temporaryDirectory()
    const misspelt = { passphrse: 'secret' } as object
    await assert.rejects(
      ed25519.save(directory, misspelt),
      /save has no option passphrse; there are passphrase, force/u,
    )
    assert.deepEqual(readdirSync(directory), [])
    await assert.rejects(Identity.load(directory, misspelt), /load has no option passphrse/u)
  })

  test('IDENTITY_EXISTS: never over an existing identity without force, which is left whole', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory)
    await assert.rejects(other.save(directory), { code: 'IDENTITY_EXISTS', message: /id_priv exists already/u })
    assert.equal((await Identity.load(directory)).equals(ed25519), true)
    assert.deepEqual(readdirSync(directory).sort(), ['id_priv', 'id_pub'])
  })

  test('with force the new identity is there and nothing else, also where there was none', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory, { force: true })
    await rsa1.save(directory, { force: true })
    assert.equal((await Identity.load(directory)).equals(rsa1), true)
    assert.deepEqual(readdirSync(directory).sort(), ['id_priv', 'id_pub'])
    assert.equal(mode(path.join(directory, 'id_priv')), 0o600)
  })

  test('IDENTITY_EXISTS: an id_pub alone stops it, and no id_priv is left behind', async () => {
    const directory = directoryWith({ id_pub: ed25519.toString() })
    await assert.rejects(other.save(directory), { code: 'IDENTITY_EXISTS', message: /id_pub exists already/u })
    assert.deepEqual(readdirSync(directory), ['id_pub'])
  })

  test('of many saves at once one wins, and its identity is whole', async () => {
    const directory = temporaryDirectory()
    const identities = await Promise.all(Array.from({ length: 8 }, () => Identity.generate({ type: 'ed25519' })))
    const results = await Promise.allSettled(identities.map((identity) => identity.save(directory)))
    const winners = identities.filter((_, index) => results[index]?.status === 'fulfilled')
    assert.equal(winners.length, 1)
    for (const result of results) {
      if (result.status === 'rejected') assert.equal((result.reason as { code?: string }).code, 'IDENTITY_EXISTS')
    }
    assert.equal((await Identity.load(directory)).equals(winners[0]!), true)
    assert.deepEqual(readdirSync(directory).sort(), ['id_priv', 'id_pub'])
  })

  test('IDENTITY_FILE_IO: when the second file cannot be placed, the old identity is as it was', async () => {
    const directory = temporaryDirectory()
    await ed25519.save(directory)
    const before = readFileSync(path.join(directory, 'id_priv'))
    execFileSync('rm', [path.join(directory, 'id_pub')])
    mkdirSync(path.join(directory, 'id_pub'))
    await assert.rejects(other.save(directory, { force: true }), { code: 'IDENTITY_FILE_IO', fault: 'local' })
    assert.deepEqual(readFileSync(path.join(directory, 'id_priv')), before)
    assert.deepEqual(readdirSync(directory).sort(), ['id_priv', 'id_pub'])
  })

  test('IDENTITY_FILE_IO: when there was no old identity, nothing is left behind', async () => {
    const directory = temporaryDirectory()
    mkdirSync(path.join(directory, 'id_pub'))
    await assert.rejects(other.save(directory, { force: true }), { code: 'IDENTITY_FILE_IO' })
    assert.deepEqual(readdirSync(directory), ['id_pub'])
  })

  test('IDENTITY_FILE_IO: a file where the directory should be', async () => {
    const file = path.join(directoryWith({ id_pub: 'x' }), 'id_pub')
    await assert.rejects(ed25519.save(file), { code: 'IDENTITY_FILE_IO' })
    await assert.rejects(ed25519.save(path.join(file, 'below')), { code: 'IDENTITY_FILE_IO' })
    await assert.rejects(ed25519.save('/dev/null/\0'), { code: 'IDENTITY_FILE_IO' })
  })
})

describe('the default places', () => {
  const environment = { HOME: process.env['HOME'], STALK_HOME: process.env['STALK_HOME'] }
  let home = ''
  const set = (name: 'HOME' | 'STALK_HOME', value: string | undefined): void => {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  beforeEach(() => {
    home = temporaryDirectory()
    set('HOME', home)
    set('STALK_HOME', undefined)
  })
  afterEach(() => {
    set('HOME', environment.HOME)
    set('STALK_HOME', environment.STALK_HOME)
  })

  test('are $STALK_HOME alone if it is set, otherwise ~/.stalk and ~/.spack in this order, read at the call', async () => {
    await rsa1.save(path.join(home, '.spack'))
    assert.equal((await Identity.load()).equals(rsa1), true)
    await ed25519.save(path.join(home, '.stalk'))
    assert.equal((await Identity.load()).equals(ed25519), true)
    const chosen = temporaryDirectory()
    set('STALK_HOME', chosen)
    // a wrong path must not mean somebody else
    await assert.rejects(Identity.load(), { code: 'IDENTITY_NOT_FOUND' })
    await other.save(chosen)
    assert.equal((await Identity.load()).equals(other), true)
    set('STALK_HOME', '')
    assert.equal((await Identity.load()).equals(ed25519), true)
  })

  test('IDENTITY_NOT_FOUND: the path of id_priv instead of its directory', async () => {
    await assert.rejects(Identity.load('/nowhere/id_priv'), {
      code: 'IDENTITY_NOT_FOUND',
      message: '/nowhere/id_priv is no directory: pass the one that has id_priv',
    })
  })

  test('IDENTITY_NOT_FOUND: names all that were tried, and how to make one', async () => {
    await assert.rejects(Identity.load(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'IDENTITY_NOT_FOUND')
      for (const folder of ['.stalk', '.spack']) {
        assert.ok(error.message.includes(path.join(home, folder, 'id_priv')), error.message)
      }
      assert.match(error.message, /`stalk keygen`/u)
      return true
    })
  })

  test('an id_priv that is refused is not passed over for the next', async () => {
    await ed25519.save(path.join(home, '.spack'))
    await other.save(path.join(home, '.stalk'))
    chmodSync(path.join(home, '.stalk', 'id_priv'), 0o644)
    await assert.rejects(Identity.load(), { code: 'IDENTITY_FILE_EXPOSED' })
  })
})

describe('files that are not identities', () => {
  test('IDENTITY_NOT_FOUND: a directory that is not there, a file instead of one, no id_pub', async () => {
    const missing = path.join(temporaryDirectory(), 'missing')
    await assert.rejects(Identity.load(missing), (error: Error & { code?: string }) => {
      return error.code === 'IDENTITY_NOT_FOUND' && error.message.includes(missing)
    })
    await assert.rejects(Identity.load('/dev/null'), { code: 'IDENTITY_NOT_FOUND' })
    await assert.rejects(Identity.loadPublic(missing), { code: 'IDENTITY_NOT_FOUND' })
    await assert.rejects(Identity.loadPublic(temporaryDirectory()), { code: 'IDENTITY_NOT_FOUND', message: /id_pub/u })
  })

  test('IDENTITY_FILE_IO: a link that leads to itself', async () => {
    const directory = temporaryDirectory()
    symlinkSync('id_priv', path.join(directory, 'id_priv'))
    await assert.rejects(Identity.load(directory), { code: 'IDENTITY_FILE_IO', message: /ELOOP/u })
  })

  test('IDENTITY_FILE_INVALID: a directory, a named pipe and a file above 64 KiB', async () => {
    const [directory, pipe, large] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()]
    mkdirSync(path.join(directory, 'id_priv'))
    execFileSync('mkfifo', ['-m', '600', path.join(pipe, 'id_priv')])
    writeFileSync(path.join(large, 'id_priv'), new Uint8Array(64 * 1024 + 1), { mode: 0o600 })
    for (const place of [directory, pipe]) {
      await assert.rejects(Identity.load(place), { code: 'IDENTITY_FILE_INVALID', message: /not a regular file/u })
    }
    await assert.rejects(Identity.load(large), { code: 'IDENTITY_FILE_INVALID', message: /65537 bytes/u })
  })

  test('IDENTITY_FILE_INVALID: id_priv as a public key, which a raw one would look like', async () => {
    const directory = temporaryDirectory()
    await rsa1.save(directory)
    await assert.rejects(Identity.loadPublic(path.join(directory, 'id_priv')), { code: 'IDENTITY_FILE_INVALID' })
  })

  test('a failed load leaves the files alone', async () => {
    const directory = directoryWith({ id_priv: 'nothing' })
    await assert.rejects(Identity.load(directory), { code: 'IDENTITY_FILE_INVALID' })
    assert.equal(existsSync(path.join(directory, 'id_priv')), true)
  })
})
