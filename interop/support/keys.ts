// The keys of both sides, made once: an RSA key takes a while.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Identity } from '@stalk/core'
import type { Key, Keys } from '../matrix.js'

/** Gives the keys, and what removes their files again. */
export async function makeKeys(): Promise<{ readonly keys: Keys; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stalk-interop-'))
  const make = async (side: string, type: 'ed25519' | 'rsa'): Promise<Key> => {
    const identity = await Identity.generate({ type })
    const home = path.join(folder, `${side}-${type}`)
    await identity.save(home)
    return { identity, file: path.join(home, 'id_priv') }
  }
  const side = async (name: string) => ({ ed25519: await make(name, 'ed25519'), rsa: await make(name, 'rsa') })
  return {
    keys: { ours: await side('ours'), theirs: await side('theirs') },
    remove: () => rm(folder, { recursive: true }),
  }
}
