import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readCorpus, writeCorpus } from './corpus.js'
import { fuzz, type Target } from './fuzz.js'
import { maxInputBytes } from './mutate.js'
import { targets } from './targets.js'

for (const target of targets) {
  test(`fuzz: ${target.name} takes its corpus and 300 inputs more`, () => {
    const corpus = readCorpus(path.join(import.meta.dirname, 'corpus', `${target.name}.txt`))
    assert.ok(corpus.length > 0)
    const given = target.seeds.length + corpus.length
    const { executions, failure } = fuzz(target, { seed: 1, corpus, goesOn: (done) => done < given + 300 })
    assert.deepEqual({ executions, failure }, { executions: given + 300, failure: null })
  })
}

/** Fails on inputs that begin with three certain bytes, and says how many of them are there. */
const planted: Target = {
  name: 'planted',
  seeds: [new Uint8Array(8)],
  run(input) {
    const wrong = [7, 0x80, 0xff].findIndex((byte, index) => input[index] !== byte)
    if (wrong === -1) throw new Error('found')
    return `${wrong} right`
  },
}

test('the fuzzer finds a planted fault, the same one for the same seed', () => {
  const options = { seed: 3, corpus: [], goesOn: (done: number) => done < 100_000 }
  const result = fuzz(planted, options)
  assert.deepEqual([...result.failure!.input.subarray(0, 3)], [7, 0x80, 0xff])
  assert.equal((result.failure!.error as Error).message, 'found')
  assert.ok(result.found.length >= 1 && result.executions > 100)
  assert.deepEqual(fuzz(planted, options).failure?.input, result.failure?.input)
  // what was found the first time is begun with the second
  const again = fuzz(planted, { ...options, seed: 4, corpus: result.found })
  assert.equal(again.outcomes, result.outcomes)
  assert.deepEqual(fuzz(planted, { ...options, corpus: [result.failure!.input] }).executions, 1)
})

test('no input grows beyond the limit', () => {
  let longest = 0
  const grows: Target = {
    name: 'grows',
    seeds: [new Uint8Array(maxInputBytes)],
    run({ length }) {
      longest = Math.max(longest, length)
      return String(length)
    },
  }
  fuzz(grows, { seed: 1, corpus: [], goesOn: (done) => done < 1000 })
  assert.equal(longest, maxInputBytes)
})

test('npm run fuzz: keeps what it finds, runs one input again, and names what is wrong with its options', () => {
  const corpus = mkdtempSync(path.join(tmpdir(), 'stalk-fuzz-'))
  try {
    const first = runFuzz('--seconds', '0.3', '--seed', '5', '--target', 'payload', '--corpus', corpus)
    assert.equal(first.status, 0, first.stderr)
    assert.match(
      first.stdout,
      /^payload: \d+ executions in [\d.]+ s, \d+ a second, \d+ outcomes, corpus 0 \+ \d+, seed 5\n$/u,
    )
    const kept = readCorpus(path.join(corpus, 'payload.txt'))
    assert.ok(kept.length > 0)
    assert.match(
      runFuzz('--seconds', '0.1', '--target', 'payload', '--corpus', corpus).stdout,
      new RegExp(`corpus ${kept.length} \\+`, 'u'),
    )

    const one = runFuzz('--target', 'spack', '--input', '010107')
    assert.deepEqual([one.status, one.stdout.split(';')[0]], [0, '1 elements'])
    for (const [wrong, said] of [
      [['--seconds', 'x'], /--seconds takes a number above 0, not x/u],
      [['--target', 'nothing'], /there is no target nothing/u],
      [['--input', '00'], /--input needs --target/u],
      [['--target', 'spack', '--input', '0'], /even number of hexadecimal digits/u],
      [['--nothing'], /Unknown option '--nothing'/u],
    ] as const) {
      const { status, stderr } = runFuzz(...wrong)
      assert.equal(status, 2)
      assert.match(stderr, said)
    }
    assert.match(runFuzz('--help').stdout, /--seconds N/u)
    writeCorpus(path.join(corpus, 'empty.txt'), [new Uint8Array()])
    assert.deepEqual(readCorpus(path.join(corpus, 'empty.txt')), [new Uint8Array()])
  } finally {
    rmSync(corpus, { recursive: true })
  }
})

function runFuzz(...options: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const script = path.join(import.meta.dirname, 'main.ts')
  const command = ['--import', import.meta.resolve('tsx'), '--conditions', '@stalk/source', script]
  return spawnSync(process.execPath, [...command, ...options], { encoding: 'utf8', timeout: 30_000 })
}
