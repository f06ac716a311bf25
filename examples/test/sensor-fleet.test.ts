import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { quietPort, Stage, until } from './support/example-process.js'

interface Stored {
  readonly sensor: string
  readonly celsius: number
}

const stage = await Stage.set()

test('sensor fleet: a collector that is killed and comes back has every reading once, in order', async () => {
  const collectorIdentity = await stage.identity('collector')
  const names = ['north', 'south']
  const fingerprints = await Promise.all(names.map(async (name) => (await stage.identity(name)).fingerprint))
  await writeFile(stage.path('sensors'), fingerprints.join('\n'))
  const file = stage.path('readings.jsonl')
  const port = await quietPort()
  const collect = () => stage.run('sensor-fleet/collector', 'collector', file, stage.path('sensors'), '127.0.0.1', port)
  const measure = (name: string, pin: string) => stage.run('sensor-fleet/sensor', name, '127.0.0.1', port, pin)
  const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])

  const sensors = names.map((name) => measure(name, collectorIdentity.fingerprint))
  let sent = 0
  const feed = (count: number): void => {
    for (let n = 0; n < count; n += 1, sent += 1) for (const { child } of sensors) child.stdin.write(`${sent / 4}\n`)
  }
  feed(10) // there is no collector yet
  const first = collect()
  await first.port()
  feed(150)
  await until('some readings in the file', () => lines().length >= 20)
  first.child.kill('SIGKILL') // most readings have arrived by now, and not all are stored
  await first.ended
  await appendFile(file, '{"sensor":"half a li')
  feed(10)

  const second = collect()
  await second.port()
  const lost = measure('north', fingerprints[1]!) // expects somebody else
  feed(10)
  for (const { child } of sensors) child.stdin.end()
  for (const sensor of sensors) {
    const { code, stdout, stderr } = await sensor.finished()
    assert.deepEqual([code, stdout], [0, `${sent} readings are stored\n`], stderr)
  }
  const { code, stderr } = await lost.finished()
  assert.equal(code, 1, 'with the wrong pin it does not try again')
  assert.ok(stderr.includes(collectorIdentity.fingerprint), stderr)
  second.child.kill('SIGTERM')
  assert.equal((await second.finished()).code, 0)

  const stored = lines().map((line) => JSON.parse(line) as Stored)
  const expected = Array.from({ length: sent }, (_, n) => n / 4)
  for (const fingerprint of fingerprints) {
    const celsius = stored.filter(({ sensor }) => sensor === fingerprint).map((reading) => reading.celsius)
    assert.deepEqual(celsius, expected)
  }
  assert.equal(stored.length, sent * names.length)
})
