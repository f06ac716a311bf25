import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readLines, type Line } from '#src/input-lines.js'

async function* feed(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

async function collect(lines: AsyncIterable<Line>): Promise<Line[]> {
  const all: Line[] = []
  for await (const line of lines) all.push(line)
  return all
}

async function texts(...chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  const lines = await collect(readLines(feed(chunks.map((chunk) => Buffer.from(chunk)))))
  assert.deepEqual(
    lines.map(({ number }) => number),
    lines.map((_line, index) => index + 1),
  )
  return lines.map(({ text }) => text)
}

test('lines end at \\n and \\r\\n only; the last needs no end; an empty line is a line', async () => {
  assert.deepEqual(await texts('a\nb\r\n\n c\u2028\u0085d\re'), ['a', 'b', '', ' c\u2028\u0085d\re'])
  assert.deepEqual(await texts('a\n'), ['a'])
  assert.deepEqual(await texts(), [])
  assert.deepEqual(await texts('\n'), [''])
})

test('however the bytes are cut, the lines are the same', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/gu, ''))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
      assert.deepEqual(await texts(...chunks), lines)
    }),
  )
})

test('what is not UTF-8 is refused with its line number', async () => {
  await assert.rejects(texts('a\n', new Uint8Array([0xc3, 0x28, 0x0a])), {
    code: 'INPUT_INVALID',
    exitCode: 7,
    message: 'line 2: it is not UTF-8',
  })
})

test('a line beyond the limit is refused before it is whole', async () => {
  const endless = feed(Array.from({ length: 100 }, () => Buffer.from('xxxx')))
  await assert.rejects(collect(readLines(endless, 10)), { message: 'line 1: it has more than 10 bytes' })
})
