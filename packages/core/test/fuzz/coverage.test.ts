import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThisContext } from 'node:vm'
import { instrument } from './coverage/instrument.js'
import { countersKey } from './coverage/counters.js'

test('a counted module does what it did, and counts every block', () => {
  const source = `
    function* go(value: number): Iterable<string> {
      if (value > 1) yield 'more'
      const word: string = value === 2 ? 'two' : 'other'
      const either = (value === 3 && 'three') || null
      switch (value) {
        case 2:
          yield word
          break
        default:
          yield either ?? 'none'
      }
      try {
        for (const each of [1, 2, 3]) if (each === value) throw new Error('caught')
      } catch (error) {
        yield (error as Error).message
      }
    }
    class Box { #inside = 5; get inside(): number { return this.#inside } }
    result = [1, 2, 3, 4].map((value) => [...go(value)].join()).concat(String(new Box().inside))
  `
  const { code, blocks } = instrument(source, 'example.ts')
  let lines: readonly number[] = []
  const counters = new Uint32Array(blocks)
  const globals = globalThis as unknown as Record<symbol, unknown>
  const before = globals[Symbol.for(countersKey)]
  globals[Symbol.for(countersKey)] = (_name: string, given: readonly number[]) => {
    lines = given
    return counters
  }
  try {
    const result = runInThisContext(`(() => { let result; ${code}\nreturn result })()`) as string[]
    assert.deepEqual(result, ['none,caught', 'more,two,caught', 'more,three,caught', 'more,none', '5'])
  } finally {
    globals[Symbol.for(countersKey)] = before
  }
  // both ways of everything were taken
  assert.ok(counters.every((count) => count > 0))
  assert.equal(lines.length, blocks)
  assert.equal(counters[0], 4, 'the function')
  assert.equal(lines[0], 2)
})
