// Files that people edit and programs add to: lists of peers, one a line.
import { constants, type Stats } from 'node:fs'
import {
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeBase64url } from '../crypto/base64url.js'
import { randomBytes } from '../crypto/random.js'
import { StalkError } from '../errors.js'

const maxFileBytes = 4 * 1024 * 1024

/** Whoever holds a lock needs it for milliseconds: one that is there for so many tries, 3 s in all, has lost its holder. */
const staleTries = 120
const lockTries = 2 * staleTries
const lockPauseMs = 25
const leftoverMs = 60_000

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
      return { text: decodeText(await handle.readFile(), path), version: versionOf(stats) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (isMissing(error)) return null
    throw inputOutputError(path, error)
  }
}

/** Other bytes would come back as something else when the list is changed. */
function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new StalkError('PEER_LIST_INVALID', `${path} is not UTF-8: convert it, comments as well`, cause)
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
 * Where the path is a symbolic link, the file that it leads to is changed.
 *
 * @param change from the text of the file (empty if there is none) to the new text; the same text: nothing is written. May be called
 *   again, with a newer text.
 * @param signal gives up: the file stays as it is, unless it was just being changed
 *
 * Throws PEER_LIST_IO, what `change` throws, and the signal’s reason.
 */
export async function updatePeerList(
  path: string,
  change: (text: string) => string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await followLinks(path)
    for (;;) {
      const lock = await acquire(file, signal)
      try {
        const before = (await readPeerList(file))?.text ?? ''
        const after = change(before)
        signal?.throwIfAborted()
        if (after === before || (await replace(file, after, lock))) return
      } finally {
        await release(lock)
      }
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw inputOutputError(path, error)
  }
}

/** The file that a path leads to, also if it is not there yet. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    const target = await readlink(path).catch(() => null)
    if (target === null) return path
    // `..` in it is where the system finds it, which may be beyond another link
    const from = isAbsolute(target) ? dirname(target) : `${dirname(path)}/${dirname(target)}`
    return followLinks(join(await realpath(from), basename(target)))
  }
}

/**
 * A lock is a directory, and the new file is written inside. Whoever takes it for that of a dead holder moves it away with what is in
 * there: a holder that was only stopped cannot put its file in place any more, however late it goes on.
 */
interface Lock {
  readonly directory: string
  /** In the directory, with a name that no other lock has. */
  readonly scratch: string
}

/** False: the lock was taken away meanwhile, and nothing was changed. */
async function replace(file: string, text: string, { scratch }: Lock): Promise<boolean> {
  try {
    const handle = await open(scratch, 'r+')
    try {
      await handle.writeFile(text)
      await makeAlike(handle, file)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(scratch, file)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Gives it to whom the file belongs, if there is one, with as much for others as that has. */
async function makeAlike(handle: FileHandle, file: string): Promise<void> {
  const before = await stat(file).catch(() => null)
  if (before === null) return
  const { uid, gid } = await handle.stat()
  // only root can give files away: for others the list becomes their own, as with every editor that replaces files
  if (uid !== before.uid || gid !== before.gid) await handle.chown(before.uid, before.gid).catch(() => undefined)
  await handle.chmod(before.mode & 0o777)
}

async function acquire(file: string, signal: AbortSignal | undefined): Promise<Lock> {
  const directory = `${file}.lock`
  const made = scratchPath(file)
  const name = basename(made)
  try {
    await mkdir(made, { mode: 0o700 })
    await writeFile(join(made, name), '', { flag: 'wx', mode: 0o600 })
    const { mtimeMs } = await stat(made)
    await takeTurn(made, directory, signal)
    await removeLeftovers(file, mtimeMs)
    return { directory, scratch: join(directory, name) }
  } finally {
    // only there if it could not become the lock
    await rm(made, { recursive: true, force: true })
  }
}

/** Gives a directory the name of the lock, which an empty one does not keep: its holder is done. */
async function takeTurn(made: string, lock: string, signal: AbortSignal | undefined): Promise<void> {
  let seen: string | null = null
  let seenFor = 0
  for (let tries = 0; tries < lockTries; tries += 1) {
    signal?.throwIfAborted()
    try {
      await rename(made, lock)
      return
    } catch (error) {
      if (!takenCodes.includes(codeOf(error) ?? '')) throw error
    }
    const now = await lstat(lock).then(versionOf, () => null)
    seenFor = now === seen ? seenFor + 1 : 0
    seen = now
    if (seen !== null && seenFor >= staleTries) await removeStale(lock)
    await pause(lockPauseMs)
  }
  throw new Error(`it is locked by ${lock}: remove that if no other stalk is running`)
}

/** What systems say of a name that something has which is no empty directory; Windows does of an empty one, too. */
const takenCodes: readonly string[] = [
  'ENOTEMPTY',
  'EEXIST',
  'ENOTDIR',
  ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : []),
]

/** If it is somebody else’s new one by then, that one begins anew like a holder that was stopped. */
async function removeStale(lock: string): Promise<void> {
  const moved = scratchPath(lock)
  // somebody else may be faster; what cannot be moved stays a lock
  await rename(lock, moved).catch(() => undefined)
  await rm(moved, { recursive: true, force: true })
}

/** What those left that were killed while they waited for the lock: it is older than anybody waits. @param now by the clock of the disk */
async function removeLeftovers(file: string, now: number): Promise<void> {
  const directory = dirname(file)
  for (const name of await readdir(directory).catch(() => [])) {
    if (!isScratchOf(basename(file), name)) continue
    const made = await lstat(join(directory, name)).catch(() => null)
    if (made === null || now - made.mtimeMs < leftoverMs) continue
    // another one may be faster
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

/** A lock that was taken away is somebody else’s by now: that one is not empty, and stays. */
async function release({ directory, scratch }: Lock): Promise<void> {
  await rm(scratch).catch(() => undefined)
  await rmdir(directory).catch(() => undefined)
}

/** The time of the last change of any kind is one that no editor sets back, as it may the one of the contents. */
function versionOf({ ino, size, mtimeMs, ctimeMs }: Pick<Stats, 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'>): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

function scratchPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${encodeBase64url(randomBytes(12))}.tmp`)
}

/** Whether it is a `scratchPath` of the file, or of its lock. */
function isScratchOf(file: string, name: string): boolean {
  const [start, end] = [`.${file}.`, '.tmp']
  return (
    name.startsWith(start) &&
    name.endsWith(end) &&
    /^(?:lock\.)?[\w-]{16}$/u.test(name.slice(start.length, -end.length))
  )
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
