// `stalk describe` and `stalk call`, as real processes.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, test } from 'node:test'
import { Identity, listen } from '@stalk/core'
import { bothWays, clientStream, implement, serve, serverStream, service, unary } from '@stalk/rpc'
import {
  any,
  bigint,
  bytes,
  date,
  enumeration,
  float64,
  integer,
  list,
  map,
  nothing,
  nullable,
  optional,
  string,
  struct,
  union,
} from '@stalk/spack/schema'
import { jsonOfValue, valueOfJson } from '#src/value-json.js'
import { temporaryDirectory } from './support/identities.js'
import { endProcesses, run, StalkProcess } from './support/stalk-process.js'

const home = await temporaryDirectory()
const environment = { STALK_HOME: path.join(home.path, '.stalk') }
await (await Identity.generate({ type: 'ed25519' })).save(environment.STALK_HOME)
const identity = await Identity.generate({ type: 'ed25519' })

const point = struct({ x: float64, y: float64, note: optional(string) })
const Tools = service('tools', {
  add: unary({
    request: struct({ a: integer, b: integer }),
    response: integer,
    idempotent: true,
    errors: { TOO_LARGE: struct({ most: bigint }), NEVER: undefined },
  }),
  now: unary({ request: nothing, response: struct({ at: date, by: string }) }),
  count: serverStream({ request: integer, response: integer }),
  sum: clientStream({ request: integer, response: integer }),
  echo: bothWays({ request: any, response: any }),
  everything: unary({
    request: struct({
      bytes,
      points: list(point),
      names: map(nullable(string)),
      colour: enumeration('red', 'green'),
      shape: union({ none: nothing, dot: point }),
    }),
    response: any,
  }),
  sleep: unary({ request: nothing, response: nothing }),
})

const tools = implement(Tools, {
  add({ a, b }, context) {
    if (a + b > 1000) throw context.error('TOO_LARGE', 'that is too much\u001b[31m', { most: 1000n })
    return a + b
  },
  now: (_, { metadata }) => ({ at: new Date(0), by: metadata['who'] ?? '' }),
  *count(to) {
    for (let number = 1; number <= to; number += 1) yield number
  },
  async sum(numbers) {
    let sum = 0
    for await (const number of numbers) sum += number
    return sum
  },
  async *echo(values) {
    for await (const value of values) yield value
  },
  everything: (value) =>
    JSON.parse(JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? [...part] : part))) as null,
  sleep: (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
})
const listener = await listen(
  '127.0.0.1',
  0,
  (connection) => serve(connection, [tools], { onError: () => undefined }),
  { identity },
)
const options = ['--server-identity', identity.fingerprint]
const call = (method: string, ...words: string[]) =>
  run(['call', '127.0.0.1', String(listener.port), method, ...words, ...options], { environment })

after(async () => {
  await endProcesses()
  await listener.close({ timeoutMs: 100 })
  await home.remove()
})

test('describe prints what can be called, for people and as JSON', async () => {
  const describe = ['describe', '127.0.0.1', String(listener.port), ...options]
  const { code, stdout, stderr } = await run(describe, { environment })
  assert.deepEqual([code, stderr], [0, ''])
  for (const line of [
    'tools.add ({ a: integer, b: integer }) -> integer, idempotent\n  TOO_LARGE { most: bigint }\n  NEVER\n',
    'tools.now (null) -> { at: date, by: string }\n',
    'tools.count (integer) -> stream of integer\n',
    'tools.sum (stream of integer) -> integer\n',
    'tools.echo (stream of any) -> stream of any\n',
    'points: list({ x: float64, y: float64, note?: string }), names: map(string | null), colour: "green" | "red", shape: union(',
  ]) {
    assert.ok(stdout.includes(line), `${line}\n${stdout}`)
  }
  assert.match(stdout, /\nstalk\.describe \(null\) -> .*\n$/u, 'its own part comes last')
  const json = JSON.parse((await run([...describe, '--json'], { environment })).stdout) as {
    services: { name: string; methods: { name: string }[] }[]
  }
  assert.deepEqual(
    json.services.map(({ name }) => name),
    ['tools', 'stalk'],
  )
  assert.deepEqual(json.services[0]?.methods[0], {
    name: 'add',
    type: 'unary',
    idempotent: true,
    request: [
      'struct',
      [
        ['a', 'integer'],
        ['b', 'integer'],
      ],
    ],
    response: 'integer',
    errors: [
      { code: 'TOO_LARGE', details: ['struct', [['most', 'bigint']]] },
      { code: 'NEVER', details: null },
    ],
  })
})

test('call calls methods of all four kinds: JSON in, a line of JSON for each answer out', async () => {
  assert.deepEqual(await call('tools.add', '{"a":1,"b":2}'), { code: 0, stdout: '3\n', stderr: '' })
  assert.equal(
    (await call('tools.now', '--metadata', 'who=me=you')).stdout,
    '{"at":"1970-01-01T00:00:00.000Z","by":"me=you"}\n',
  )
  assert.equal((await call('tools.count', '3')).stdout, '1\n2\n3\n')
  assert.equal((await call('tools.sum', '5')).stdout, '5\n')
  const echo = new StalkProcess(['call', '127.0.0.1', String(listener.port), 'tools.echo', ...options], environment)
  echo.child.stdin.write('{"a":[1,null]}\n')
  await echo.seen('stdout', /^\{"a":\[1,null\]\}$/mu)
  echo.child.stdin.end('\n"\\u202e"\n')
  assert.equal((await echo.finished()).stdout, '{"a":[1,null]}\n"\\u202e"\n')
  const value =
    '{"bytes":"0a","points":[{"x":1,"y":2.5}],"names":{"a":null},"colour":"red","shape":{"type":"dot","value":{"x":0,"y":0,"note":"n"}}}'
  assert.deepEqual(JSON.parse((await call('tools.everything', value)).stdout), {
    ...(JSON.parse(value) as object),
    bytes: [10],
  })
})

test('a call that fails says so with the code of the error', async () => {
  const tooLarge = await call('tools.add', '{"a":999,"b":2}')
  assert.deepEqual([tooLarge.code, tooLarge.stdout], [1, ''])
  assert.equal(tooLarge.stderr, 'stalk: that is too much\\u001b[31m: {"most":"1000"} (TOO_LARGE)\n')
  assert.match(
    (await call('tools.subtract')).stderr,
    /there is no method tools\.subtract, but tools\.add, .*, stalk\.describe \(METHOD_UNKNOWN\)/u,
  )
  const late = await call('tools.sleep', '--deadline', '0.2')
  assert.deepEqual([late.code, late.stderr.endsWith(' (DEADLINE_EXCEEDED)\n')], [1, true])
  const sleeping = new StalkProcess(
    ['call', '127.0.0.1', String(listener.port), 'tools.sleep', ...options],
    environment,
  )
  setTimeout(() => sleeping.child.kill('SIGINT'), 1500)
  assert.equal((await sleeping.finished()).code, 130)
})

test('values of every kind go to JSON and back', () => {
  const form = struct({ big: bigint, floats: float64, when: date, bytes, any }).form
  const value = { big: 2n ** 70n, floats: -Infinity, when: new Date(7), bytes: Uint8Array.of(255), any: [1] }
  const json = JSON.parse(JSON.stringify(jsonOfValue(value))) as unknown
  assert.deepEqual(valueOfJson(form, json, 'it'), value)
  for (const [wrong, message] of [
    [{ when: 'yesterday' }, /it\.when: expected a date/u],
    [{ bytes: 'x' }, /it\.bytes: expected a string of hexadecimal/u],
    [{ big: 0.5 }, /it\.big: expected a whole number/u],
    [{ floats: 2n ** 53n + 1n }, /it\.floats: expected a whole number that a float64 can hold/u],
  ] as const) {
    assert.throws(() => valueOfJson(form, wrong, 'it'), message)
  }
  assert.throws(() => valueOfJson(union({ a: nothing }).form, { type: 'b' }, 'it'), /one of \["a"\]/u)
})
