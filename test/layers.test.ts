import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { ESLint } from 'eslint'

const root = path.resolve(import.meta.dirname, '..')
// With CI=true the parser would take the files from the disk, not what is planted.
const parserOptions = { disallowAutomaticSingleRunInference: true }
const eslint = new ESLint({ cwd: root, overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions } }] })

/** What lint says of `source` if it stood in `file`, an existing file of the layer. */
async function refusals(file: string, source: string): Promise<string[]> {
  const [result] = await eslint.lintText(source, { filePath: path.join(root, file) })
  return (result?.messages ?? []).map(({ ruleId }) => ruleId ?? 'fatal')
}

const planted: readonly (readonly [what: string, file: string, source: string, rule: string])[] = [
  ['spack imports node:', 'packages/spack/src/encode.ts', "import 'node:buffer'", 'stalk/layers'],
  ['spack uses Buffer', 'packages/spack/src/encode.ts', 'export const x: unknown = Buffer', 'no-restricted-globals'],
  ['identity imports node:fs', 'packages/core/src/identity/spki.ts', "import 'node:fs'", 'stalk/layers'],
  ['stalk1 imports node:crypto', 'packages/core/src/stalk1/offer.ts', "import 'node:crypto'", 'stalk/layers'],
  ['stalk1 imports session', 'packages/core/src/stalk1/offer.ts', "import '../session/session.js'", 'stalk/layers'],
  [
    'stalk1 reads a clock',
    'packages/core/src/stalk1/offer.ts',
    'export const x: unknown = Date.now()',
    'no-restricted-properties',
  ],
  [
    'session sets a timer',
    'packages/core/src/session/session.ts',
    'export const x: unknown = setTimeout',
    'no-restricted-globals',
  ],
  ['session imports node:net', 'packages/core/src/session/session.ts', "import 'node:net'", 'stalk/layers'],
  ['session imports the public index', 'packages/core/src/session/session.ts', "import '../index.js'", 'stalk/layers'],
  [
    'connection imports stalk1',
    'packages/core/src/connection/outbox.ts',
    "import '../stalk1/offer.js'",
    'stalk/layers',
  ],
  [
    'connection re-exports stalk1',
    'packages/core/src/connection/outbox.ts',
    "export * from '../stalk1/offer.js'",
    'stalk/layers',
  ],
  [
    'net imports node:fs',
    'packages/core/src/net/listen.ts',
    "export const x: unknown = import('node:fs')",
    'stalk/layers',
  ],
  ['cli reaches into core', 'packages/cli/src/main.ts', "import '../../core/src/index.js'", 'stalk/layers'],
]

for (const [what, file, source, rule] of planted) {
  test(`lint refuses it when ${what}`, async () => {
    assert.ok((await refusals(file, source)).includes(rule))
  })
}

test('negative control: what the table allows is not refused', async () => {
  const allowed = await refusals(
    'packages/core/src/connection/outbox.ts',
    "import '../session/session.js'\nimport 'node:stream'\n",
  )
  assert.deepEqual(allowed, [])
})
