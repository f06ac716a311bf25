// Files that people edit and programs add to: lists of peers, one a line.
import { constants } from 'node:fs'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeBase64url } from '../crypto/base64url.js'
import { randomBytes } from '../crypto/random.js'
import { StalkError } from '../errors.js'

const maxFileBytes = 4 * 1024 * 1024

/** Whoever holds a lock needs it for milliseconds: one that is there for so many tries, 3 s in all, has lost its holder. */
const staleTries = 120
const lockTries = 2 * staleTries
const lockPauseMs = 25

/** A file and what tells that it is another one by now. */
export interface PeerListFile {
  readonly text: string
  /** Changes whenever the file does. */
  readonly version: string
}

/** `~/.stalk/known_peers`, or in `$STALK_HOME`. */
export function defaultKnownPeersPath(): string {
  const chosen = process.env['STALK_HOME']
  return join(chosen === undefined || chosen === '' ? join(homedir(), '.stalk') : chosen, 'known_peers')
}

/** Reads the file; null: there is none. Throws PEER_LIST_IO, PEER_LIST_INVALID. */
export async function readPeerList(path: string): Promise<PeerListFile | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw new StalkError('PEER_LIST_INVALID', `${path} is not a regular file`)
      if (stats.size > maxFileBytes) {
        throw new StalkError('PEER_LIST_INVALID', `${path} has ${stats.size} bytes, more than any list of peers`)
      }
      return { text: await handle.readFile('utf8'), version: versionOf(stats) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (isMissing(error)) return null
    throw inputOutputError(path, error)
  }
}

/** What `readPeerList` would give as version; null: there is no such file. Throws PEER_LIST_IO. */
export async function peerListVersion(path: string): Promise<string | null> {
  try {
    return versionOf(await stat(path))
  } catch (error) {
    if (isMissing(error)) return null
    throw inputOutputError(path, error)
  }
}

/**
 * Changes the file, which may not be there yet, under a lock: readers see the old one or the new one, and nobody else’s change is lost.
 *
 * @param change from the text of the file (empty if there is none) to the new text; the same text: nothing is written
 *
 * Throws PEER_LIST_IO, and what `change` throws.
 */
export async function updatePeerList(path: string, change: (text: string) => string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const lock = `${path}.lock`
    await acquire(lock)
    try {
      const before = (await readPeerList(path))?.text ?? ''
      const after = change(before)
      if (after !== before) await replace(path, after)
    } finally {
      await rm(lock, { force: true })
    }
  } catch (error) {
    throw inputOutputError(path, error)
  }
}

async function replace(path: string, text: string): Promise<void> {
  const scratch = scratchPath(path)
  const mode = await stat(path).then(
    (stats) => stats.mode & 0o777,
    () => 0o600,
  )
  try {
    const handle = await open(scratch, 'wx', mode)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(scratch, path)
  } finally {
    // only there if it could not be given its name
    await rm(scratch, { force: true })
  }
}

async function acquire(lock: string): Promise<void> {
  let seen: string | null = null
  let seenFor = 0
  for (let tries = 0; tries < lockTries; tries += 1) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const now = await peerListVersion(lock)
    seenFor = now === seen ? seenFor + 1 : 0
    seen = now
    if (seen !== null && seenFor >= staleTries) await removeStale(lock, seen)
    await pause(lockPauseMs)
  }
  throw new Error(`it is locked by ${lock}: remove that file if no other stalk is running`)
}

/** A lock whose holder died is moved away; if it is somebody else’s new one by then, it is put back. */
async function removeStale(lock: string, seen: string): Promise<void> {
  const moved = scratchPath(lock)
  // somebody else may be faster; what cannot be moved stays a lock
  const isMoved = await rename(lock, moved).then(
    () => true,
    () => false,
  )
  if (isMoved && (await peerListVersion(moved)) !== seen) await link(moved, lock).catch(() => undefined)
  await rm(moved, { force: true })
}

function versionOf({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string {
  return `${ino} ${size} ${mtimeMs}`
}

function scratchPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${encodeBase64url(randomBytes(12))}.tmp`)
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function inputOutputError(path: string, error: unknown): unknown {
  if (error instanceof StalkError) return error
  const reason = error instanceof Error ? error.message : 'unknown reason'
  return new StalkError('PEER_LIST_IO', `cannot read or write the list of peers ${path}: ${reason}`, error)
}
