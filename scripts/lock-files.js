// What is wrong with the lock files: every package that is not our own has the SHA-512 of what is installed, and comes from the registry.
import { readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
export const lockFiles = ['package-lock.json', 'bench/package-lock.json']

/** One line for each fault in a lock file. */
export function faultsOf(lock) {
  if (lock.lockfileVersion !== 3) return [`lockfileVersion is ${lock.lockfileVersion}, not 3`]
  const own = Object.keys(lock.packages).filter((name) => !name.includes('node_modules/'))
  return Object.entries(lock.packages).flatMap(([name, entry]) => {
    if (own.includes(name)) return []
    const fault = entry.link ? faultOfLink(entry, own) : faultOfPackage(name, entry)
    return fault === null ? [] : [`${name}: ${fault}`]
  })
}

/** The faults of the lock file with this path. */
export function faultsOfFile(file) {
  return faultsOf(JSON.parse(readFileSync(path.join(root, file), 'utf8')))
}

function faultOfLink({ resolved }, own) {
  return own.includes(resolved) ? null : `is a link to ${resolved}, which is no package of ours`
}

function faultOfPackage(location, { name, version, integrity, resolved }) {
  const digest = /^sha512-(?<digest>[A-Za-z0-9+/]{86}==)$/u.exec(integrity ?? '')?.groups.digest
  if (digest === undefined) return `its integrity is ${integrity}, not the SHA-512 of a package`
  if (!/^\d+\.\d+\.\d+/u.test(version ?? '')) return `its version is ${version}`
  // npm leaves it out where it is the default registry
  if (resolved === undefined) return null
  const known = name ?? location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const expected = `https://registry.npmjs.org/${known}/-/${known.split('/').at(-1)}-${version}.tgz`
  return resolved === expected ? null : `comes from ${resolved}, not from ${expected}`
}
