import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { allCommands, commandTree } from '#src/command-tree.js'
import { exitCodeMeanings } from '#src/exit-codes.js'
import { manPage } from '#src/man-page.js'
import { stalkProgram } from '#src/program.js'
import { environment, files } from '#src/reference.js'

const page = manPage(stalkProgram())

test('the man page that is shipped is the one that the command makes', () => {
  const root = path.resolve(import.meta.dirname, '..')
  const { man, files: shipped } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    man: string
    files: string[]
  }
  assert.equal(readFileSync(path.join(root, man), 'utf8'), page)
  assert.ok(shipped.includes('man'))
})

test('the man page has every command, option, variable, file and exit code', () => {
  // back from roff, as far as names need it
  const plain = page.replaceAll('\\-', '-').replaceAll('\\(ti', '~').replaceAll('\\(ga', '`')
  for (const { path: name, options, subcommands } of allCommands(commandTree(stalkProgram()))) {
    if (name.endsWith('help') || subcommands.length > 0) continue
    const from = plain.indexOf(`.SS "${name}"`)
    assert.ok(from >= 0, name)
    const section = plain.slice(from, plain.indexOf('.S', from + 1))
    for (const { flags } of options) {
      if (!flags.includes('--help')) assert.ok(section.includes(`\\fB${flags}\\fR`), `${name} ${flags}`)
    }
  }
  for (const [name] of [...environment, ...files, ...exitCodeMeanings])
    assert.ok(plain.includes(`\\fB${name}\\fR`), name)
})

test('the man page is plain roff: ASCII, and only macros at the beginning of a line', () => {
  assert.match(page, /^[\n\x20-\x7e]*$/u)
  for (const line of page.split('\n')) {
    if (/^[.']/u.test(line)) assert.match(line, /^\.(?:\\"|TH|SH|SS|TP|PP|B|I|BR|nf|fi)\b|^\.\\"/u)
  }
})
