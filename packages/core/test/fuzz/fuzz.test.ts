import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { Bounds } from './bounds.js'
import { readCorpus } from './corpus.js'
import { fuzzCommand } from './command.js'
import { fuzz } from './fuzz.js'
import { minimise } from './minimise.js'
import { maxInputBytes } from './mutate.js'
import type { Target } from './target.js'
import { targets } from './targets/all.js'

// these processes run sources with counters in them, which must not be taken for the sources
const uncovered = { ...process.env, NODE_V8_COVERAGE: undefined }

for (const target of targets) {
  test(`fuzz: ${target.name} takes its corpus and 50 inputs more`, () => {
    const corpus = readCorpus(path.join(import.meta.dirname, 'corpus', `${target.name}.txt`))
    assert.ok(corpus.length > 0)
    const given = target.seeds.length + corpus.length
    const { executions, failure } = fuzz(target, { seed: 1, corpus, goesOn: (done) => done < given + 50 })
    assert.deepEqual({ executions, failure }, { executions: given + 50, failure: null })
  })
}

/** Fails on inputs that begin with three certain bytes, and says how many of them are there. */
const planted: Target = {
  name: 'planted',
  reads: 'three bytes',
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
  assert.equal(again.coverage.outcomes, result.coverage.outcomes)
  assert.deepEqual(fuzz(planted, { ...options, corpus: [result.failure!.input] }).executions, 1)
})

test('no input grows beyond the limit', () => {
  let longest = 0
  const grows: Target = {
    name: 'grows',
    reads: 'anything',
    seeds: [new Uint8Array(maxInputBytes)],
    run({ length }) {
      longest = Math.max(longest, length)
      return String(length)
    },
  }
  fuzz(grows, { seed: 1, corpus: [], goesOn: (done) => done < 1000 })
  assert.equal(longest, maxInputBytes)
})

test('an input that takes too long, or too much memory, is a finding', () => {
  const bounds = new Bounds()
  const input = new Uint8Array(3)
  const kept: Uint8Array[] = []
  assert.throws(
    () =>
      bounds.check(input, () => {
        kept.push(new Uint8Array(64 * 1024 * 1024))
        return 'taken'
      }),
    /bytes of memory were taken for an input of 3/u,
  )
  const end = (): string => {
    for (const start = performance.now(); performance.now() - start < 1050;);
    return 'late'
  }
  assert.throws(() => bounds.check(input, end), /an input of 3 bytes takes more than 1000 ms/u)
  assert.equal(
    bounds.check(input, () => 'quick'),
    'quick',
  )
})

test('npm run fuzz: counts blocks, keeps what it finds, and writes its figures', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stalk-fuzz-'))
  try {
    const results = path.join(folder, 'results.json')
    const corpus = ['--target', 'control', '--corpus', folder]
    const first = runFuzz('--seconds', '0.5', '--seed', '5', '--results', results, '--missed', ...corpus)
    assert.equal(first.status, 0, first.stderr)
    assert.match(
      first.stdout,
      /^control: \d+ executions in [\d.]+ s, \d+ a second of computing, \d+ outcomes, [\d.]+ % of \d+ blocks in \d+ files, corpus 0 \+ \d+, no finding, seed 5\ntogether: [\d.]+ % of/u,
    )
    assert.match(first.stdout, /^packages\/core\/src\/stalk2\/verdict\.ts: \d+/mu)
    const kept = readCorpus(path.join(folder, 'control.txt'))
    assert.ok(kept.length > 5)
    const { targets: written } = JSON.parse(readFileSync(results, 'utf8')) as {
      targets: { name: string; blocks: number; reached: number }[]
    }
    const [{ name, blocks, reached } = assert.fail()] = written
    assert.equal(name, 'control')
    assert.ok(reached > 80 && reached < blocks)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('minimising leaves what reaches as much, as short as it can be', () => {
  const longer = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes, ...new Uint8Array(40))
  const corpus = [longer(7), longer(1), longer(7, 0x80), longer(2), longer(7)]
  const minimal = minimise(planted, corpus)
  assert.deepEqual(
    minimal.map((input) => planted.run(input)),
    ['1 right', '2 right'],
  )
  assert.ok(minimal.every(({ length }) => length <= 3))
})

test('npm run fuzz: runs one input again, and names what is wrong with its options', async (t) => {
  const log = t.mock.method(console, 'log', () => undefined)
  const error = t.mock.method(console, 'error', () => undefined)
  assert.equal(await fuzzCommand(['--target', 'spack', '--input', '010107']), 0)
  assert.match(String(log.mock.calls[0]?.arguments[0]), /^1 elements;/u)
  assert.equal(await fuzzCommand(['--help']), 0)
  assert.match(String(log.mock.calls[1]?.arguments[0]), /--seconds N/u)
  for (const [wrong, said] of [
    [['--seconds', 'x'], /--seconds takes a number above 0, not x/u],
    [['--target', 'nothing'], /there is no target nothing/u],
    [['--input', '00'], /--input needs --target/u],
    [['--target', 'spack', '--input', '0'], /even number of hexadecimal digits/u],
    [['--nothing'], /Unknown option '--nothing'/u],
    [['--minimise'], /--minimise needs counters/u],
  ] as const) {
    error.mock.resetCalls()
    assert.equal(await fuzzCommand(wrong), 2)
    assert.match(String(error.mock.calls[0]?.arguments[0]), said)
  }
})

function runFuzz(...options: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const script = path.join(import.meta.dirname, 'main.ts')
  const counters = path.join(import.meta.dirname, 'coverage', 'register.ts')
  const command = [
    '--import',
    import.meta.resolve('tsx'),
    '--import',
    counters,
    '--conditions',
    '@stalk/source',
    script,
  ]
  return spawnSync(process.execPath, [...command, ...options], { encoding: 'utf8', timeout: 60_000, env: uncovered })
}

test('whoever hangs in an input is ended, and the input is named', () => {
  const watchdog = path.join(import.meta.dirname, 'watchdog.ts')
  const hangs = `import { Watchdog } from ${JSON.stringify(watchdog)}
    new Watchdog('slow', 2).begin(Uint8Array.of(1, 2, 255))
    for (;;);`
  const command = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', hangs]
  const { signal, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000, env: uncovered })
  assert.equal(stderr, 'slow has not ended after 2 s: npm run fuzz -- --target slow --input 0102ff\n')
  assert.equal(signal, 'SIGKILL')
})

test('the corpora are small enough to be kept', () => {
  const folder = path.join(import.meta.dirname, 'corpus')
  const bytes = targets.reduce((sum, { name }) => sum + readFileSync(path.join(folder, `${name}.txt`)).length, 0)
  assert.ok(bytes < 1_000_000, `${bytes} bytes`)
})
