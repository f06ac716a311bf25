// Writes what is made from the sources, docs/ERRORS.md, docs/PERFORMANCE.md, docs/TRUST.md and the man page: `npm run docs`; with --check it only says whether they are current.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { manPage } from '../packages/cli/src/man-page.ts'
import { stalkProgram } from '../packages/cli/src/program.ts'
import { errorDocs } from './error-docs.js'
import { performanceDocs } from './performance-docs.js'
import { trustDocs } from './trust-docs.js'

const root = path.resolve(import.meta.dirname, '..')
const documents = [
  ['docs/ERRORS.md', errorDocs],
  ['docs/PERFORMANCE.md', performanceDocs],
  ['docs/TRUST.md', trustDocs],
  ['packages/cli/man/stalk.1', () => manPage(stalkProgram())],
]

for (const [name, make] of documents) {
  const file = path.join(root, name)
  const wanted = await make(file)
  if (!process.argv.includes('--check')) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, wanted)
  } else if (readFileSync(file, 'utf8') !== wanted) {
    console.error(`${name} is not what the sources say: npm run docs`)
    process.exitCode = 1
  }
}
