import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Identity } from '@stalk/core'

/** A directory that its test file removes. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'stalk-cli-'))
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) }
}

/** A new stalk/1 identity, saved in a directory. */
export async function savedIdentity(directory: string): Promise<Identity> {
  const identity = await Identity.generate({ type: 'rsa', protocol: 'stalk/1', bits: 2048 })
  await identity.save(directory)
  return identity
}
