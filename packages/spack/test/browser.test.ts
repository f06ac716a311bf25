import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import vm from 'node:vm'
import ts from 'typescript'
import type * as spackModule from '@stalk/spack'
import type * as schemaModule from '@stalk/spack/schema'

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
function loadInBareRealm(strings = true): (name: string) => object {
  const realm = vm.createContext({ TextEncoder, TextDecoder }, { codeGeneration: { strings, wasm: false } })
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
  return load
}

test('in a realm without node the compact form works as it is, the classic form with a SHA-256 given', () => {
  const { decode, encode, PacketStream, Spack } = loadInBareRealm()('index.ts') as typeof spackModule
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

for (const strings of [true, false]) {
  test(`in a realm without node schemas work as they are, ${strings ? 'with' : 'without'} code made at run time`, () => {
    const kinds = loadInBareRealm(strings)('schema.ts') as typeof schemaModule
    const { schema, integer, string, optional, struct, list } = kinds
    const Place = struct({ lat: integer, name: optional(string), tags: list(string), note: optional(string) })
    const One = schema({ a: integer, place: Place, b: optional(string) })
    for (const value of [
      { a: 1, place: { lat: 2, tags: ['é'] } },
      { a: 1, place: { lat: 2, name: 'n', tags: [], note: 'x' }, b: 'b' },
    ]) {
      assert.deepEqual(JSON.parse(JSON.stringify(One.decode(One.encode(value)))), value)
    }
    const wrong = { a: 1, place: { lat: 2, tags: ['a', 1] } }
    assert.throws(() => One.encode(wrong as never), { message: 'place.tags[1]: expected a string, got a number' })
    assert.throws(() => schema({ a: string }).decode(One.encode({ a: 1, place: { lat: 1, tags: [] } })), { path: 'a' })
    assert.throws(() => One.fingerprint, /needs the option `sha256`/)
  })
}
