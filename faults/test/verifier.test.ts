import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spack } from '@stalk/core'
import { makeMessage, readMessage, type Arrived } from '../messages.js'
import { Verifier } from '../verifier.js'

const arrived = (number: number, isIntact = true): Arrived => ({ number, bytes: 1, isIntact })

/** The problems of a stream that came like this, one list of numbers for each connection. */
function problemsOf(...connections: readonly (readonly number[])[]): readonly string[] {
  const verifier = new Verifier()
  for (const numbers of connections) {
    const part = verifier.connection()
    for (const number of numbers) part.take(arrived(number))
  }
  return verifier.problems.map(({ kind, number }) => `${number} ${kind}`)
}

test('messages in order, each once, have no problems', () => {
  assert.deepEqual(problemsOf([1, 2, 3]), [])
})

test('a message that is missing is lost, also at the beginning', () => {
  assert.deepEqual(problemsOf([1, 3]), ['2 lost'])
  assert.deepEqual(problemsOf([2, 3]), ['1 lost'])
})

test('a message that comes again on the same connection is there twice', () => {
  assert.deepEqual(problemsOf([1, 2, 2, 3]), ['2 twice'])
})

test('two messages in the wrong order are noticed', () => {
  assert.deepEqual(problemsOf([1, 3, 2, 4]), ['2 lost', '2 twice'])
})

test('a later connection may begin with messages that came before: they are counted and dropped', () => {
  const verifier = new Verifier()
  const [first, second] = [verifier.connection(), verifier.connection()]
  for (const number of [1, 2, 3]) first.take(arrived(number))
  for (const number of [2, 3, 4]) second.take(arrived(number))
  assert.deepEqual(verifier.problems, [])
  assert.deepEqual([verifier.taken, verifier.repeats, verifier.bytes], [4, 2, 4])
})

test('a gap between two connections is a loss', () => {
  assert.deepEqual(problemsOf([1, 2], [4, 5]), ['3 lost'])
})

test('a gap after messages that came before is a loss, too', () => {
  assert.deepEqual(problemsOf([1, 2, 3], [2, 4]), ['3 lost'])
})

test('the first message of a connection is ahead while an older connection may bring what is missing', () => {
  const verifier = new Verifier()
  const [first, second] = [verifier.connection(), verifier.connection()]
  assert.equal(second.isAhead(arrived(2)), true)
  first.take(arrived(1))
  assert.equal(second.isAhead(arrived(2)), false)
})

test('an altered message is noticed, also when it came before', () => {
  const verifier = new Verifier()
  verifier.connection().take(arrived(1))
  verifier.connection().take(arrived(1, false))
  assert.deepEqual(verifier.problems, [{ kind: 'altered', number: 1 }])
})

test('a message is what its number says, and nothing else is', () => {
  for (const number of [1, 2, 1_000, 4_321, 25_000]) {
    assert.deepEqual({ ...readMessage(makeMessage(number)), bytes: 0 }, { number, bytes: 0, isIntact: true })
    const [, contents] = makeMessage(number).values() as [number, Uint8Array]
    const cut = contents.subarray(1)
    const other = Uint8Array.from(contents, (byte, at) => (at === contents.length - 1 ? byte ^ 1 : byte))
    for (const changed of contents.length === 0 ? [] : [cut, other]) {
      assert.equal(readMessage(new Spack().integer(number).bytes(changed)).isIntact, false)
    }
  }
  assert.throws(() => readMessage(new Spack().string('1')), TypeError)
})
