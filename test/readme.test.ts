import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
  [
    'SPEC',
    'ARCHITECTURE',
    'THREATS',
    'ERRORS',
    'guides/schemas',
    'guides/structures',
    'guides/channels',
    'guides/rpc',
  ].map((name) => `docs/${name}.md`),
)

for (const [program, document] of [
  ['examples/src/two-peers.ts', 'README.md'],
  ['examples/src/access.ts', 'README.md'],
  ['examples/src/schemas.ts', 'docs/guides/schemas.md'],
  ['examples/src/structures.ts', 'docs/guides/structures.md'],
  ['examples/src/channels.ts', 'docs/guides/channels.md'],
  ['examples/src/calls.ts', 'docs/guides/rpc.md'],
  ['examples/src/streams.ts', 'docs/guides/rpc.md'],
  ['examples/src/middleware.ts', 'docs/guides/rpc.md'],
] as const) {
  test(`${program} in ${document} is the program that is run here, and prints what is said there`, async () => {
    const readme = read(document)
    assert.ok(
      readme.includes(`<!-- ${program} -->\n\n\`\`\`ts\n${read(program)}\`\`\``),
      'the document shows the program as it is',
    )
    const conditions = process.execArgv.includes('@stalk/source') ? ['--conditions', '@stalk/source'] : []
    const arguments_ = ['--import', 'tsx', ...conditions, path.join(root, program)]
    const { stdout } = await promisify(execFile)(process.execPath, arguments_, { timeout: 30_000 })
    assert.ok(readme.includes(`\`\`\`\n${stdout}\`\`\``), `the document shows what it prints:\n${stdout}`)
  })
}

test('every link between the documents leads somewhere', () => {
  let links = 0
  for (const document of documents) {
    for (const [, target] of read(document).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/gu)) {
      links += 1
      assert.ok(existsSync(path.resolve(root, path.dirname(document), target ?? '')), `${document}: ${String(target)}`)
    }
  }
  assert.ok(links > 10)
})

test('every npm script that the documents name exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const document of documents) {
    for (const [, script] of read(document).matchAll(/npm run ([\w:]+)/gu)) {
      assert.ok(script !== undefined && script in scripts, `${document}: npm run ${String(script)}`)
    }
  }
})
