import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { defaultKnownPeersPath, peerListVersion, readPeerList, updatePeerList } from '#src/identity/peer-list-file.js'
import { addressText, withLine, withoutLines } from '#src/identity/peer-lists.js'
import { code } from '../support/errors.js'
import { eventually } from '../support/network.js'

async function newFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-test-'))
  t.after(() => rm(directory, { recursive: true }))
  return path.join(directory, 'list')
}

/** Windows has neither SIGSTOP nor, for everybody, symbolic links. */
const onPosix = { skip: process.platform === 'win32' }

/** Another process, whose program imports the sources. */
function startProgram(source: string, ...args: readonly string[]): ChildProcess {
  const flags = ['--import', import.meta.resolve('tsx'), '--conditions', '@stalk/source', '--input-type=module']
  const cwd = path.resolve(import.meta.dirname, '../..')
  return spawn(process.execPath, [...flags, '-e', source, ...args], { cwd, stdio: 'inherit' })
}

test('many changes at once, from several processes, all arrive, and nothing is left beside the file', async (t) => {
  const file = await newFile(t)
  const source = `
    import { updatePeerList } from '#src/identity/peer-list-file.js'
    for (let count = 0; count < 10; count += 1) {
      await updatePeerList(process.argv[1], (text) => text + process.argv[2] + ' ' + count + '\\n')
    }`
  const children = Array.from({ length: 4 }, (_, index) => startProgram(source, file, `${index}`))
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

test('a lock whose holder died, whatever it is, is taken over after a while; a change that throws leaves all as it was', async (t) => {
  const file = await newFile(t)
  const [first, second] = [`${file}-1`, file]
  await writeFile(`${first}.lock`, '')
  if (process.platform === 'win32') await mkdir(`${second}.lock/left`, { recursive: true })
  else await symlink('nowhere', `${second}.lock`)
  await Promise.all([first, second].map((one) => updatePeerList(one, () => 'new\n')))
  assert.equal(await readFile(first, 'utf8'), 'new\n')
  assert.equal(await readFile(file, 'utf8'), 'new\n')
  await rm(first)
  const before = await stat(file)
  const failing = updatePeerList(file, () => {
    throw new Error('changed its mind')
  })
  await assert.rejects(failing, code('PEER_LIST_IO'))
  await updatePeerList(file, (text) => text)
  assert.equal((await stat(file)).ino, before.ino)
  assert.deepEqual(await readdir(path.dirname(file)), ['list'])
})

test(
  'a holder of the lock that is stopped until others have taken it over loses nothing of theirs when it goes on',
  onPosix,
  async (t) => {
    const file = await newFile(t)
    await writeFile(file, 'old\n')
    // signals itself with the old text in its hands
    const source = `
      import { writeFileSync } from 'node:fs'
      import { updatePeerList } from '#src/identity/peer-list-file.js'
      let calls = 0
      await updatePeerList(process.argv[1], (text) => {
        calls += 1
        if (calls === 1) {
          writeFileSync(process.argv[1] + '.stopped', '')
          process.kill(process.pid, 'SIGSTOP')
        }
        return text + 'of the stopped one, asked ' + calls + ' times\\n'
      })`
    const child = startProgram(source, file)
    t.after(() => child.kill('SIGKILL'))
    const exit = once(child, 'exit')
    await eventually(() => existsSync(`${file}.stopped`), 'the holder is stopped')
    await updatePeerList(file, (text) => `${text}of another\n`)
    child.kill('SIGCONT')
    assert.deepEqual(await exit, [0, null])
    assert.equal(await readFile(file, 'utf8'), 'old\nof another\nof the stopped one, asked 2 times\n')
    await rm(`${file}.stopped`)
    assert.deepEqual(await readdir(path.dirname(file)), ['list'])
  },
)

test(
  'a list that is a symbolic link stays one: what it leads to is changed, and keeps its mode',
  onPosix,
  async (t) => {
    const file = await newFile(t)
    const dotfiles = path.join(path.dirname(file), 'dotfiles')
    await mkdir(dotfiles)
    await symlink(path.join('dotfiles', 'between'), file)
    await symlink('known_peers', path.join(dotfiles, 'between'))
    // at first it leads nowhere
    await updatePeerList(file, (text) => `${text}one\n`)
    await chmod(path.join(dotfiles, 'known_peers'), 0o666)
    await updatePeerList(file, (text) => `${text}two\n`)
    for (const link of [file, path.join(dotfiles, 'between')]) assert.ok((await lstat(link)).isSymbolicLink())
    assert.equal(await readFile(path.join(dotfiles, 'known_peers'), 'utf8'), 'one\ntwo\n')
    assert.equal((await stat(path.join(dotfiles, 'known_peers'))).mode & 0o777, 0o666)
    assert.deepEqual((await readdir(dotfiles)).sort(), ['between', 'known_peers'])
    assert.deepEqual((await readdir(path.dirname(file))).sort(), ['dotfiles', 'list'])
  },
)

test(
  'a list stays the property of whom it belongs to, also if root changes it',
  { skip: process.getuid?.() !== 0 && 'only root can give files away' },
  async (t) => {
    const file = await newFile(t)
    await updatePeerList(file, (text) => `${text}one\n`)
    await chown(file, 65_534, 65_534)
    await chmod(file, 0o600)
    await updatePeerList(file, (text) => `${text}two\n`)
    const { uid, gid, mode } = await stat(file)
    assert.deepEqual([uid, gid, mode & 0o777], [65_534, 65_534, 0o600])
  },
)

test('a link that leads nowhere yet is followed from where it really is', onPosix, async (t) => {
  const file = await newFile(t)
  const folder = path.dirname(file)
  for (const name of ['real/inner', 'decoy', 'elsewhere/deep'])
    await mkdir(path.join(folder, name), { recursive: true })
  await symlink('real/inner', path.join(folder, 'short'))
  // from the real place that is real/known_peers, by the names alone it would be known_peers
  await symlink('../known_peers', path.join(folder, 'real/inner/list'))
  await updatePeerList(path.join(folder, 'short/list'), (text) => `${text}one\n`)
  assert.equal(await readFile(path.join(folder, 'real/known_peers'), 'utf8'), 'one\n')
  // and `..` after another link is beyond that
  await symlink('../elsewhere/deep', path.join(folder, 'decoy/link'))
  await symlink('decoy/link/../other', path.join(folder, 'list'))
  await updatePeerList(path.join(folder, 'list'), (text) => `${text}two\n`)
  assert.equal(await readFile(path.join(folder, 'elsewhere/other'), 'utf8'), 'two\n')
  assert.equal(await readFile(path.join(folder, 'short/list'), 'utf8'), 'one\n')
})

test('what writers left that were killed while they waited goes with a later change, and nothing else', async (t) => {
  const file = await newFile(t)
  const folder = path.dirname(file)
  const old = new Date(Date.now() - 120_000)
  for (const name of [
    '.list.AAAAAAAAAAAAAAA1.tmp',
    '.list.lock.AAAAAAAAAAAAAAA2.tmp',
    '.list.note.tmp',
    '.other.AAAAAAAAAAAAAAA3.tmp',
  ]) {
    await mkdir(path.join(folder, name))
    await utimes(path.join(folder, name), old, old)
  }
  await mkdir(path.join(folder, '.list.AAAAAAAAAAAAAAA4.tmp'))
  await updatePeerList(file, () => 'new\n')
  assert.deepEqual((await readdir(folder)).sort(), [
    '.list.AAAAAAAAAAAAAAA4.tmp',
    '.list.note.tmp',
    '.other.AAAAAAAAAAAAAAA3.tmp',
    'list',
  ])
})

test('a new list that cannot be put in place is PEER_LIST_IO, and leaves nothing beside it', async (t) => {
  const file = await newFile(t)
  const updating = updatePeerList(file, () => {
    mkdirSync(file)
    return 'new\n'
  })
  await assert.rejects(updating, code('PEER_LIST_IO'))
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
