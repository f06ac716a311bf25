// What `stalk call` takes for a request, and how it refuses what is none: as real processes.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, test } from 'node:test'
import { Identity, listen, type Handler } from '@stalk/core'
import { bothWays, implement, serve, serverStream, service, unary } from '@stalk/rpc'
import { any, bigint, enumeration, float64, integer, integerArray, list, string, struct } from '@stalk/spack/schema'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess, type Finished } from './support/stalk-process.js'

const home = await temporaryDirectory()
const environment = { STALK_HOME: path.join(home.path, '.stalk') }
await (await Identity.generate({ type: 'ed25519' })).save(environment.STALK_HOME)
const identity = await Identity.generate({ type: 'ed25519' })

const Tools = service('tools', {
  add: unary({ request: struct({ a: integer, b: integer }), response: integer }),
  sum: unary({ request: list(integer), response: integer }),
  row: unary({ request: integerArray, response: integer }),
  half: unary({ request: float64, response: float64 }),
  next: unary({ request: bigint, response: bigint }),
  paint: unary({ request: struct({ e: enumeration('x', 'y') }), response: string }),
  say: unary({ request: string, response: string }),
  count: serverStream({ request: integer, response: integer }),
  echo: bothWays({ request: any, response: any }),
  keep: unary({ request: any, response: any }),
})
let calls = 0
const counted = <Result>(result: Result): Result => {
  calls += 1
  return result
}
const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)
const tools = implement(Tools, {
  add: ({ a, b }) => counted(a + b),
  sum: total,
  row: total,
  half: (number) => number / 2,
  next: (number) => number + 1n,
  paint: ({ e }) => e,
  say: (text) => text,
  *count(to) {
    for (let number = counted(1); number <= to; number += 1) yield number
  },
  async *echo(values) {
    for await (const value of values) yield value
  },
  keep: (value) => [typeof value, value],
})
let onConnection = (): void => undefined
const serving: Handler = (connection) => {
  onConnection()
  return serve(connection, [tools])
}
const listener = await listen('127.0.0.1', 0, serving, { identity })
const words = (method: string, more: readonly string[]): string[] => {
  const port = String(listener.port)
  return ['call', '127.0.0.1', port, method, ...more, '--server-identity', identity.fingerprint]
}
const call = (method: string, ...more: string[]): Promise<Finished> => run(words(method, more), { environment })
const callWith = (input: string, method: string): Promise<Finished> => run(words(method, []), { environment, input })

after(async () => {
  await endProcesses()
  await listener.close({ timeoutMs: 100 })
  await home.remove()
})

const unfit: readonly (readonly [method: string, json: string, message: string])[] = [
  ['add', '{"a":1}', 'the request: the member "b" is missing'],
  ['add', '{"a":1,"b":2,"c":3}', 'the request: there is no member "c", but ["a","b"]'],
  ['add', '{"a":1,"b":"x"}', 'the request.b: expected a whole number, or its digits as a string, got "x"'],
  ['add', '[1]', 'the request: expected an object, got [1]'],
  ['add', '{', 'the request: this is not JSON: '],
  ['sum', '[1,9007199254740993]', 'the request at index 1: expected a whole number within ±(2^53 - 1), got 900719925'],
  ['row', '["9007199254740993"]', 'the request at index 0: expected a whole number within ±(2^53 - 1), got "900719925'],
  ['half', '9007199254740993', 'the request: expected a whole number that a float64 can hold'],
  ['paint', '{"e":"z"}', 'the request.e: expected one of ["x","y"], got "z"'],
  ['say', '"\\ud800"', 'the request: the string has a lone surrogate'],
]
for (const [method, json, message] of unfit) {
  test(`in the arguments it is wrong usage, with the place, and on a line of the input that line is wrong: ${json}`, async () => {
    const [argument, line] = await Promise.all([
      call(`tools.${method}`, json),
      callWith(`\n${json}\n`, `tools.${method}`),
    ])
    assert.equal(argument.code, 2, argument.stderr)
    assert.ok(
      argument.stderr.startsWith(`stalk: ${message}`) && argument.stderr.endsWith(' (USAGE)\n'),
      argument.stderr,
    )
    assert.equal(line.code, 7, line.stderr)
    assert.ok(line.stderr.startsWith(`stalk: line 2: ${message}`), line.stderr)
    assert.ok(line.stderr.endsWith(' (INPUT_INVALID)\n'), line.stderr)
  })
}

test('an integer may be its digits in a string, also in lists', async () => {
  const results = await Promise.all([call('tools.sum', '[1,"2"]'), call('tools.row', '["0x10",2]')])
  assert.deepEqual(
    results.map(({ stdout }) => stdout),
    ['3\n', '18\n'],
  )
})

test('a whole number beyond 2^53 - 1 is a bigint where the kind is any or bigint: no digit is lost', async () => {
  const [kept, inside, next] = await Promise.all([
    call('tools.keep', '9007199254740993'),
    callWith('{"n":[9007199254740993,"\\"9007199254740993",9007199254740991,0.5]}\n', 'tools.echo'),
    call('tools.next', '9007199254740993'),
  ])
  assert.equal(kept.stdout, '["bigint","9007199254740993"]\n')
  assert.equal(inside.stdout, '{"n":["9007199254740993","\\"9007199254740993",9007199254740991,0.5]}\n')
  assert.equal(next.stdout, '"9007199254740994"\n')
})

test('a method that takes one request is not called when the input has two: the second line is named', async () => {
  const before = calls
  const results = await Promise.all([
    callWith('{"a":1,"b":2}\n\n{"a":3,"b":4}\n', 'tools.add'),
    callWith('2\n3\n', 'tools.count'),
  ])
  assert.deepEqual(
    results.map(({ code, stdout, stderr }) => [code, stdout, stderr]),
    [
      [7, '', 'stalk: line 3: tools.add takes one request, and that was line 1 (INPUT_INVALID)\n'],
      [7, '', 'stalk: line 2: tools.count takes one request, and that was line 1 (INPUT_INVALID)\n'],
    ],
  )
  assert.equal(calls, before)
  assert.equal((await callWith('{"a":1,"b":2}\n\n', 'tools.add')).stdout, '3\n')
  assert.match((await callWith('\n', 'tools.add')).stderr, /there is no request: .* \(USAGE\)/u)
})

test('SIGINT ends it while it waits for the end of the input', async () => {
  const connected = new Promise<void>((resolve) => (onConnection = resolve))
  const waiting = new StalkProcess(words('tools.add', []), environment)
  waiting.child.stdin.write('{"a":1,"b":2}\n')
  await connected
  setTimeout(() => waiting.child.kill('SIGINT'), 300)
  const { code, stdout } = await waiting.finished()
  assert.deepEqual([code, stdout], [130, ''])
})
