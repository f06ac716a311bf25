import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import vm from 'node:vm'
import ts from 'typescript'
import type * as spackModule from '@stalk/spack'

const sourceFolder = path.resolve(import.meta.dirname, '../src')
const sources = readdirSync(sourceFolder).map(
  (name) => [name, readFileSync(path.join(sourceFolder, name), 'utf8')] as const,
)

test('the sources import nothing but each other, and name no Buffer', () => {
  assert.ok(sources.length > 10)
  for (const [name, source] of sources) {
    const { importedFiles } = ts.preProcessFile(source)
    for (const { fileName } of importedFiles) assert.match(fileName, /^\.\/[a-z0-9-]+\.js$/u, name)
    assert.doesNotMatch(source, /(?<!’s )\bBuffer\b(?=[.(])/u, name)
  }
})

/** The package in a realm that has the language, TextEncoder, TextDecoder, and nothing of node. */
function loadInBareRealm(): typeof spackModule {
  const realm = vm.createContext({ TextEncoder, TextDecoder })
  const modules = new Map<string, object>()
  const load = (name: string): object => {
    const loaded = modules.get(name)
    if (loaded !== undefined) return loaded
    const exports = {}
    modules.set(name, exports)
    const source = sources.find(([file]) => file === name)![1]
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
    })
    const run = vm.runInContext(`(function (exports, require) {${outputText}\n})`, realm) as (
      exports: object,
      require: (file: string) => object,
    ) => void
    run(exports, (file) => load(file.replace('./', '').replace(/\.js$/u, '.ts')))
    return exports
  }
  return load('index.ts') as typeof spackModule
}

test('in a realm without node the compact form works as it is, the classic form with a SHA-256 given', () => {
  const { decode, encode, PacketStream, Spack } = loadInBareRealm()
  const spack = new Spack()
    .integer(2n ** 70n)
    .string('héllo')
    .float64s([0.5])
    .bytes(Uint8Array.of(1, 2))
  const values = JSON.stringify(spack.values().map(String))
  const compact = decode(encode(spack, { form: 'compact' }), { form: 'compact' })
  assert.equal(JSON.stringify(compact.values().map(String)), values)

  assert.throws(() => encode(spack), /needs the option `sha256`/)
  assert.throws(() => decode(new Uint8Array(34)), /needs the option `sha256`/)
  assert.throws(() => new PacketStream(), /needs the option `sha256`/)
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const stream = new PacketStream({ sha256 })
  stream.push(encode(spack, { sha256 }))
  assert.equal(JSON.stringify(stream.next()?.values().map(String)), values)
})
