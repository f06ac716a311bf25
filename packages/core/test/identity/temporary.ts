import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'

const root = mkdtempSync(path.join(tmpdir(), 'stalk-identity-'))
after(() => {
  rmSync(root, { recursive: true })
})

/** An empty directory that is removed when the file’s tests are over. */
export function temporaryDirectory(): string {
  return mkdtempSync(path.join(root, 'd-'))
}

/** A directory with these files: `id_priv` as 0600, unless told otherwise. */
export function directoryWith(
  files: { id_priv?: Uint8Array | string | undefined; id_pub?: Uint8Array | string | undefined },
  mode = 0o600,
): string {
  const directory = temporaryDirectory()
  if (files.id_priv !== undefined) writeFileSync(path.join(directory, 'id_priv'), files.id_priv, { mode })
  if (files.id_pub !== undefined) writeFileSync(path.join(directory, 'id_pub'), files.id_pub)
  return directory
}
