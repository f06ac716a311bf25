import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { after } from 'node:test'
import { History, MAX_HISTORY_LINES } from '#src/history.js'
import { temporaryDirectory } from './support/identities.js'

const home = await temporaryDirectory()
after(() => home.remove())

function historyIn(name: string): { history: History; file: string; failures: Error[] } {
  const file = path.join(home.path, name, 'history')
  const failures: Error[] = []
  return { history: new History(file, (error) => failures.push(error)), file, failures }
}

test('lines are kept in their order, in a file and a directory that only their owner may read', async () => {
  const { history, file, failures } = historyIn('new')
  assert.deepEqual(await history.load(), [])
  for (const line of ['one', 'two']) await history.add(line)
  assert.equal(await readFile(file, 'utf8'), 'one\ntwo\n')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700)
  assert.deepEqual([await history.load(), failures], [['one', 'two'], []])
})

test('a line that begins with a space, is blank or very long is not kept', async () => {
  const { history } = historyIn('choosy')
  for (const line of [' secret', '', '\t', 'x'.repeat(5000), 'kept ']) await history.add(line)
  assert.deepEqual(await history.load(), ['kept '])
})

test('only the newest lines are loaded, a file with many more becomes shorter, and an open one is closed to others', async () => {
  const { history, file } = historyIn('long')
  const lines = Array.from({ length: 2 * MAX_HISTORY_LINES + 1 }, (_, index) => `line ${index}`)
  await mkdir(path.dirname(file))
  await writeFile(file, lines.join('\n'))
  await chmod(file, 0o644)
  const newest = lines.slice(-MAX_HISTORY_LINES)
  assert.deepEqual(await history.load(), newest)
  assert.equal(await readFile(file, 'utf8'), newest.map((line) => `${line}\n`).join(''))
  assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('a file that cannot be read or written is told of, and is no failure', async () => {
  const { history, file, failures } = historyIn('odd')
  await mkdir(file, { recursive: true })
  assert.deepEqual(await history.load(), [])
  await history.add('one')
  assert.deepEqual(
    failures.map((error) => (error as NodeJS.ErrnoException).code),
    ['EISDIR', 'EISDIR'],
  )
})
