// npm run sbom [DIRECTORY]: a bill of materials (CycloneDX 1.5) for each package that is published: itself and what it depends on, as the
// lock file has it. Not committed: it is made of the lock file, which is, and belongs to what is published at a moment.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const published = ['@stalk/spack', '@stalk/core', '@stalk/rpc', '@stalk/cli']

/** The bill of one package, out of the one of all. */
export function billOf(name, whole) {
  const itself = whole.components.find((component) => nameOf(component) === name)
  const reached = new Set([itself['bom-ref']])
  // a set that grows while it is gone through
  for (const reference of reached) {
    const entry = whole.dependencies.find(({ ref }) => ref === reference)
    for (const next of entry?.dependsOn ?? []) reached.add(next)
  }
  return {
    ...whole,
    metadata: { ...whole.metadata, component: itself },
    components: whole.components.filter((component) => reached.has(component['bom-ref']) && component !== itself),
    dependencies: whole.dependencies.filter(({ ref }) => reached.has(ref)),
  }
}

/** The bill of all published packages together, as npm makes it. */
export function wholeBill() {
  const workspaces = published.flatMap((name) => ['-w', name])
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only', ...workspaces]
  return JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8' }))
}

function nameOf(component) {
  return component['bom-ref'].slice(0, component['bom-ref'].lastIndexOf('@'))
}

if (import.meta.filename === process.argv[1]) {
  const folder = path.resolve(process.argv[2] ?? path.join(root, 'sbom'))
  mkdirSync(folder, { recursive: true })
  const whole = wholeBill()
  for (const name of published) {
    const file = path.join(folder, `${name.replace('@stalk/', 'stalk-')}.cdx.json`)
    const bill = billOf(name, whole)
    writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
    console.log(`${path.relative(process.cwd(), file)}: ${name} and ${bill.components.length} others`)
  }
}
