// Which identity a command means: directories, files, texts.
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { Identity, StalkError } from '@stalk/core'
import { CommandError, exitCodes, withExitCode } from './exit-codes.js'
import { askPassphrase, environmentPassphrase } from './passphrase.js'

/** Where `stalk keygen` puts an identity unless told otherwise. */
export function defaultDirectory(): string {
  const chosen = process.env['STALK_HOME'] ?? ''
  return chosen === '' ? path.join(homedir(), '.stalk') : chosen
}

/** Our own identity with its private key, from a directory or the default one. An encrypted one is asked for on a terminal. */
export function loadOwnIdentity(directory: string | undefined): Promise<Identity> {
  return asIdentityError(async () => {
    const passphrase = environmentPassphrase()
    try {
      return await Identity.load(directory, { passphrase })
    } catch (error) {
      if (!(error instanceof StalkError && error.code === 'IDENTITY_PASSPHRASE') || passphrase !== undefined)
        throw error
      const entered = await askPassphrase(error.message)
      return Identity.load(directory, { passphrase: entered })
    }
  })
}

/** The public identity of a text, a file or a directory; without any, of the default identity. */
export function loadPublicIdentity(file: string | undefined): Promise<Identity> {
  return asIdentityError(async () => {
    if (file !== undefined && looksLikeText(file)) return Identity.parse(file)
    if (file !== undefined && !(await exists(path.join(file, 'id_priv')))) return Identity.loadPublic(file)
    const directory = file ?? (await firstDirectory())
    // the private key is only read where nothing else holds the public one
    if (directory !== undefined && (await exists(path.join(directory, 'id_pub')))) return Identity.loadPublic(directory)
    return (await loadOwnIdentity(directory)).public
  })
}

/**
 * What somebody else's identity is given as: its text, its fingerprint, or a file or directory that has it.
 *
 * @param what it is, for the error if it is none of these
 */
export async function resolveIdentity(value: string, what: string): Promise<Identity | string> {
  // whoever copies the line of `stalk id` with its label means the same
  const text = value.trim().replace(/^identity\s+/u, '')
  if (looksLikeText(text)) return asIdentityError(() => Promise.resolve(Identity.parse(text)))
  if (/^[\w-]{43}$/u.test(text) && !(await exists(text))) return text
  if (!(await exists(value))) {
    const message = `${what}: there is no file ${value}, and it is neither the text of an identity (stalk/2:ed25519:…) nor a fingerprint`
    throw new CommandError('IDENTITY_NOT_FOUND', message, exitCodes.identity)
  }
  return asIdentityError(() => Identity.loadPublic(value))
}

function looksLikeText(value: string): boolean {
  return /^stalk\/[^/:]*:/u.test(value)
}

/** Whether there is something under this path. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}

/** The one that `Identity.load` takes, if any has an identity. */
async function firstDirectory(): Promise<string | undefined> {
  const chosen = process.env['STALK_HOME'] ?? ''
  const directories = chosen === '' ? [path.join(homedir(), '.stalk'), path.join(homedir(), '.spack')] : [chosen]
  for (const directory of directories) {
    if (await exists(path.join(directory, 'id_priv'))) return directory
  }
  return undefined
}

/** A weak key in a file of ours is a matter of that identity, not of a peer: exit code 6 whatever the code. */
async function asIdentityError(load: () => Promise<Identity>): Promise<Identity> {
  try {
    return await load()
  } catch (error) {
    throw error instanceof StalkError ? withExitCode(error, exitCodes.identity) : error
  }
}
