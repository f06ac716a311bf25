import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments, UsageError } from '../../arguments.js'
import { contents, isContents } from '../contents.js'
import { missingDescriptors } from '../descriptors.js'
import { leftOver } from '../leftovers.js'
import { boundOfTimes, percentServed } from '../processor.js'
import { Report } from '../report.js'
import { lastThreeQuarters, median, slope } from '../statistics.js'
import { table } from '../table.js'

test('a slope is that of the line through most points: those that stand out do not move it', () => {
  const points = Array.from({ length: 40 }, (_, x) => ({ x, y: 7 + 3 * x }))
  assert.equal(slope(points), 3)
  assert.equal(slope(points.map(({ x, y }) => ({ x, y: x % 10 === 5 ? y + 1000 : y }))), 3)
  assert.equal(slope(points.map(({ x }) => ({ x, y: 7 }))), 0)
  assert.throws(() => slope([{ x: 1, y: 1 }]), RangeError)
})

test('the first quarter of a series is left out, and medians are of the middle', () => {
  assert.deepEqual(lastThreeQuarters([1, 2, 3, 4, 5, 6, 7, 8]), [3, 4, 5, 6, 7, 8])
  assert.deepEqual([median([9, 1, 5]), median([4, 1, 2, 9])], [5, 3])
})

test('a bound that is broken is a sentence with figure and bound; what is kept, or has none, is silent', () => {
  const report = new Report()
  report.begin('stalk/2')
  report.atMost('growth', 812.4, 16, 'bytes a connection')
  report.atMost('size', 12, 12, 'KB')
  report.atMost('anything', 1e9, Infinity, 'KB')
  report.exactly('messages lost', 3, 0, 'messages')
  report.atLeast('answered', 0, 1, 'messages')
  report.exactly('measured', NaN, 0, 'ms')
  report.figure('rate', 5, 'a second')
  report.wrong('Timeout: 3 more')
  assert.deepEqual(report.broken, [
    'stalk/2: growth: 812 bytes a connection, where it has to be at most 16 bytes a connection',
    'stalk/2: messages lost: 3 messages, where it has to be exactly 0 messages',
    'stalk/2: answered: 0 messages, where it has to be at least 1 messages',
    'stalk/2: measured: NaN ms, where it has to be exactly 0 ms',
    'stalk/2: Timeout: 3 more',
  ])
  assert.match(table(report.rows), /^ {2}stalk\/2\n {4}growth +812 {2}bytes a connection {2}at most 16 .* BROKEN$/mu)
})

test('contents follow from side, connection and number; any other byte is noticed', () => {
  const bytes = Uint8Array.from(contents('client', 5, 77))
  assert.ok(isContents(bytes, 'client', 5, 77))
  for (const [side, connection, number] of [
    ['server', 5, 77],
    ['client', 6, 77],
    ['client', 5, 78],
  ] as const) {
    assert.equal(isContents(bytes, side, connection, number), false)
  }
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  assert.equal(isContents(bytes, 'client', 5, 77), false)
  assert.equal(isContents('text', 'client', 5, 77), false)
})

test('too few descriptors: what is needed, what there is, and what to do', () => {
  assert.equal(missingDescriptors('idle', 10_000, 20_000), null)
  assert.equal(
    missingDescriptors('idle', 10_000, 4096),
    'idle needs 10100 open files in one process, and here a process may have 4096 (ulimit -Hn). Raise that as root ' +
      '(prlimit --pid $$ --nofile=10100:10100, or ulimit -n 10100), or run it smaller: --connections 3996',
  )
})

test('times have their bound where the server had a CPU for half of the time in which it wanted one', () => {
  const before = { ran: 100, waited: 50 }
  assert.equal(percentServed(before, { ran: 400, waited: 150 }), 75)
  assert.deepEqual([boundOfTimes(250, 50), boundOfTimes(250, 49)], [250, Infinity])
})

test('what there is more of than before is named, beyond the slack', () => {
  const before = { Timeout: 3, Socket: 2 }
  assert.deepEqual(leftOver(before, { Timeout: 5, Socket: 9, Connection: 4 }, 2), [
    'Socket: 7 more',
    'Connection: 4 more',
  ])
})

test('results are kept of full runs alone, unless a file is named; what cannot be understood is a UsageError', () => {
  assert.match(readArguments([]).json ?? '', /soak\/results\.json$/u)
  for (const argv of [['--short'], ['--minutes', '1'], ['--connections', '9'], ['--fault', 'leak']]) {
    assert.equal(readArguments(argv).json, null)
  }
  assert.equal(readArguments(['churn', '--minutes', '30', '--json', 'x.json']).json, 'x.json')
  assert.deepEqual(
    readArguments(['churn', 'idle']).scenarios.map(({ name }) => name),
    ['idle', 'churn'],
  )
  for (const argv of [['nothing'], ['--minutes', '0'], ['--fault', 'none'], ['--what']]) {
    assert.throws(() => readArguments(argv), UsageError)
  }
})
