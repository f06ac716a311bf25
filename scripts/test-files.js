// Where the tests are and how node runs them.
import { readdirSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')

/** Every test file whose path contains one of `parts` (all without parts), relative to the root. */
export function findTests(parts = []) {
  const folders = [
    'packages/spack/test',
    'packages/core/test',
    'packages/rpc/test',
    'packages/cli/test',
    'examples/test',
    'model/test',
    'faults/test',
    'soak/harness/test',
    'test',
  ]
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, String(name))),
    )
    .filter((file) => file.endsWith('.test.ts') && (parts.length === 0 || parts.some((part) => file.includes(part))))
    .sort()
}

/** The flags that let node run TypeScript, against the sources or against the built packages. */
export function nodeArguments(built) {
  return ['--import', 'tsx', ...(built ? [] : ['--conditions', '@stalk/source'])]
}

/** Two files at a time, as much of it is waiting. No test may hang: a file that takes this long, also on a busy machine, has failed. */
export const testArguments = ['--test', '--test-concurrency', '2', '--test-timeout', '180000']
