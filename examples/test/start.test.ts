import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const program = path.resolve(import.meta.dirname, '../src/start.ts')

test('npm start shows a message of every type arriving, says how to connect, and ends with Ctrl-C leaving nothing behind', async (t) => {
  const conditions = process.execArgv.includes('@stalk/source') ? ['--conditions', '@stalk/source'] : []
  const child = spawn(process.execPath, ['--import', 'tsx', ...conditions, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    if (printed.includes('Ctrl-C')) child.kill('SIGINT')
  })
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  assert.equal(exitCode, 0)
  assert.match(printed, /listening on 127\.0\.0\.1:\d+ \(stalk\/2\)\nfingerprint [\w-]{43}\n/u)
  const arrived = [
    'integer 1234567890',
    'integer 1267650600228229401496703205376',
    'float32 0.5',
    'float64 3.141592653589793',
    'byte 255',
    'string "hello, grüß dich, 你好"',
    'integer[3] (1 -2 717897987691852588770249)',
    'float32[3] (0.25 0.5 0.75)',
    'float64[2] (2.718281828459045 1.4142135623730951)',
    'byte[5] 6279746573',
    'integer 1, string "several in one message", byte 2',
  ]
  for (const line of arrived) assert.ok(printed.includes(` ${line}\n`), line)
  const directory = /--identity (\S+)\/client/u.exec(printed)?.[1]
  assert.ok(directory !== undefined)
  assert.match(printed, /npx stalk connect 127\.0\.0\.1 \d+/u)
  assert.equal(existsSync(directory), false)
})
