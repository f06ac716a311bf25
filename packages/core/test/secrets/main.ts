// npm run secrets: which secrets of a process can be found in its memory, in a snapshot of its heap and in its log, while its connections
// are open and after they were closed. The figures go into results.json, from which docs/TRUST.md has them.
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import path from 'node:path'
import { observe, type Observation } from './observe.js'
import type { Secret, Sighting } from './search.js'

interface Row {
  readonly identity: string
  readonly secret: string
  readonly count: number
  /** How many sightings there were, and as what. */
  readonly open: string
  readonly closed: string
}

if (process.platform !== 'linux') throw new Error('the memory of a process is read from /proc, which only Linux has')
const rows: Row[] = []
let [memoryBytes, snapshotBytes, elsewhere] = [0, 0, 0]
for (const type of ['ed25519', 'rsa'] as const) {
  const { secrets, open, closed, inLog } = await observe(type)
  rows.push(...rowsOf(type === 'rsa' ? 'RSA' : 'Ed25519', secrets, open, closed))
  memoryBytes = closed.memoryBytes
  snapshotBytes = closed.snapshotBytes
  elsewhere += open.inSnapshot.length + closed.inSnapshot.length + inLog.length
}
console.table(rows)
const results = {
  node: process.version,
  openssl: process.versions.openssl,
  date: new Date().toISOString().slice(0, 10),
  cores: cpus().length,
  kernel: release(),
  memoryBytes,
  snapshotBytes,
  elsewhere,
  rows,
}
writeFileSync(path.join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
// a search that finds nothing shows nothing
const present = [
  'private seed of the identity',
  'private exponent of the identity',
  'key for records',
  'exporter secret',
]
const isFound = rows.every(({ secret, open }) => open !== '' || !present.includes(secret))
process.exitCode = isFound && elsewhere === 0 && rows.every(({ closed }) => closed === '') ? 0 : 1

function rowsOf(identity: string, secrets: readonly Secret[], open: Observation, closed: Observation): Row[] {
  return [...new Set(secrets.map(({ name }) => name))].map((secret) => ({
    identity,
    secret,
    count: secrets.filter(({ name }) => name === secret).length,
    open: describe(open.inMemory, secret),
    closed: describe(closed.inMemory, secret),
  }))
}

/** Such as `2 raw, 1 hex`; nothing for none. */
function describe(sightings: readonly Sighting[], secret: string): string {
  const encodings = sightings.filter(({ name }) => name === secret).map(({ encoding }) => encoding)
  return [...new Set(encodings)]
    .map((encoding) => `${encodings.filter((one) => one === encoding).length} ${encoding}`)
    .join(', ')
}
