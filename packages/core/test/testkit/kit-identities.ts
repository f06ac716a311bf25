import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Identity } from '#src/identity/identity.js'
import { kitPath } from './files.js'

/** The kit’s identities by their names, without those that no peer may have. */
export const kitIdentities: ReadonlyMap<string, Identity> = await loadIdentities()

async function loadIdentities(): Promise<ReadonlyMap<string, Identity>> {
  const file = JSON.parse(readFileSync(kitPath('identities.json'), 'utf8')) as {
    identities: Record<string, { pkcs8: string }>
  }
  const loaded = new Map<string, Identity>()
  for (const [name, { pkcs8 }] of Object.entries(file.identities)) {
    if (name === 'rsa-1024' || name === 'rsa-2048-e3') continue
    const key = createPrivateKey({ key: Buffer.from(pkcs8, 'hex'), format: 'der', type: 'pkcs8' })
    const directory = mkdtempSync(path.join(tmpdir(), 'stalk-kit-'))
    writeFileSync(path.join(directory, 'id_priv'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    loaded.set(name, await Identity.load(directory))
    rmSync(directory, { recursive: true })
  }
  return loaded
}
