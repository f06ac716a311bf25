// A loader of modules that counts the blocks of the packages: `module.register` runs it in a thread of its own.
import { readFile } from 'node:fs/promises'
import type { LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'
import { instrument } from './instrument.js'

export const load: LoadHook = async (url, context, nextLoad) => {
  const name = /\/(?<name>packages\/(?:spack|core|rpc)\/src\/[^?]*\.ts)(?:\?|$)/u.exec(url)?.groups?.['name']
  if (name === undefined) return nextLoad(url, context)
  const source = await readFile(fileURLToPath(url.replace(/\?.*$/u, '')), 'utf8')
  return { format: 'module', source: instrument(source, name).code, shortCircuit: true }
}
