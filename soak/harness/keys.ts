import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Identity, type Protocol } from '@stalk/core'

/** Both sides as a client sees them. */
export interface ClientKeys {
  readonly identity: Identity
  readonly serverIdentity: Identity
}

/** Makes the identities of both sides, unless they are there. */
export async function makeKeys(directory: string, protocol: Protocol): Promise<void> {
  for (const side of ['server', 'client']) {
    if (existsSync(folder(directory, protocol, side))) continue
    const identity = await Identity.generate(protocol === 'stalk/2' ? { type: 'ed25519' } : { type: 'rsa', protocol })
    await identity.save(folder(directory, protocol, side))
  }
}

export function serverKey(directory: string, protocol: Protocol): Promise<Identity> {
  return Identity.load(folder(directory, protocol, 'server'))
}

export async function clientKeys(directory: string, protocol: Protocol): Promise<ClientKeys> {
  return {
    identity: await Identity.load(folder(directory, protocol, 'client')),
    serverIdentity: await Identity.loadPublic(folder(directory, protocol, 'server')),
  }
}

function folder(directory: string, protocol: Protocol, side: string): string {
  return join(directory, protocol.replace('/', '-'), side)
}
