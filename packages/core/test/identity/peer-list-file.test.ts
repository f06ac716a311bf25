import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { defaultKnownPeersPath, peerListVersion, readPeerList, updatePeerList } from '#src/identity/peer-list-file.js'
import { addressText, withLine, withoutLines } from '#src/identity/peer-lists.js'
import { code } from '../support/errors.js'

async function newFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(directory, { recursive: true }))
  return path.join(directory, 'list')
}

test('many changes at once, from several processes, all arrive, and nothing is left beside the file', async (t) => {
  const file = await newFile(t)
  const source = `
    import { updatePeerList } from '#src/identity/peer-list-file.js'
    for (let count = 0; count < 10; count += 1) {
      await updatePeerList(process.argv[1], (text) => text + process.argv[2] + ' ' + count + '\\n')
    }`
  const children = Array.from({ length: 4 }, (_, index) =>
    spawn(
      process.execPath,
      [
        '--import',
        import.meta.resolve('tsx'),
        '--conditions',
        '@stalk/source',
        '--input-type=module',
        '-e',
        source,
        file,
        `${index}`,
      ],
      { cwd: path.resolve(import.meta.dirname, '../..'), stdio: 'inherit' },
    ),
  )
  const own = Promise.all(
    Array.from({ length: 10 }, (_, count) => updatePeerList(file, (text) => `${text}own ${count}\n`)),
  )
  const exits = await Promise.all(children.map(async (child) => (await once(child, 'exit')) as [number | null]))
  await own
  assert.deepEqual(
    exits.map(([status]) => status),
    [0, 0, 0, 0],
  )
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  assert.equal(new Set(lines).size, 50)
  assert.equal(lines.length, 50)
  assert.deepEqual(await readdir(path.dirname(file)), ['list'])
})

test('a lock whose holder died is taken over after a while, and a change that throws leaves all as it was', async (t) => {
  const file = await newFile(t)
  await writeFile(`${file}.lock`, '')
  await updatePeerList(file, () => 'new\n')
  assert.equal(await readFile(file, 'utf8'), 'new\n')
  const before = await stat(file)
  const failing = updatePeerList(file, () => {
    throw new Error('changed its mind')
  })
  await assert.rejects(failing, code('PEER_LIST_IO'))
  await updatePeerList(file, (text) => text)
  assert.equal((await stat(file)).ino, before.ino)
  assert.deepEqual(await readdir(path.dirname(file)), ['list'])
})

test('a file that is too large, or none, is PEER_LIST_INVALID; one that is not there is null', async (t) => {
  const file = await newFile(t)
  assert.equal(await readPeerList(file), null)
  await writeFile(file, '#'.repeat(4 * 1024 * 1024 + 1))
  await assert.rejects(readPeerList(file), code('PEER_LIST_INVALID'))
  await assert.rejects(readPeerList(path.dirname(file)), code('PEER_LIST_INVALID'))
})

test('the default file is in $STALK_HOME, or in ~/.stalk', () => {
  const before = process.env['STALK_HOME']
  process.env['STALK_HOME'] = '/somewhere'
  assert.equal(defaultKnownPeersPath(), path.join('/somewhere', 'known_peers'))
  delete process.env['STALK_HOME']
  assert.match(defaultKnownPeersPath(), /[/\\]\.stalk[/\\]known_peers$/u)
  if (before !== undefined) process.env['STALK_HOME'] = before
})

test('lines are added at the end and taken out by number; addresses of IPv6 stand in brackets', () => {
  assert.equal(withLine('', 'a'), 'a\n')
  assert.equal(withLine('a', 'b'), 'a\nb\n')
  assert.equal(withoutLines('a\n# b\nc\n', [1, 3]), '# b\n')
  assert.equal(addressText({ host: 'Example.ORG', port: 1 }), 'example.org:1')
  assert.equal(addressText({ host: '::1', port: 2 }), '[::1]:2')
})

test('a list that others keep locked, and one that cannot be written, are PEER_LIST_IO, and nothing is left behind', async (t) => {
  const file = await newFile(t)
  const lock = `${file}.lock`
  await writeFile(lock, '')
  let count = 0
  const busy = setInterval(() => void writeFile(lock, String((count += 1))), 20)
  t.after(() => {
    clearInterval(busy)
  })
  await assert.rejects(
    updatePeerList(file, () => 'new\n'),
    /it is locked by .*list\.lock/u,
  )
  clearInterval(busy)

  const long = path.join(path.dirname(file), 'x'.repeat(240))
  await assert.rejects(
    updatePeerList(long, () => 'new\n'),
    code('PEER_LIST_IO'),
  )
  assert.equal((await readdir(path.dirname(file))).filter((name) => name.includes('xxx')).length, 0)
  await assert.rejects(peerListVersion('x'.repeat(300)), code('PEER_LIST_IO'))
})
