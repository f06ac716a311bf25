import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { encodeBase64url } from '../crypto/base64url.js'
import { randomBytes } from '../crypto/random.js'
import { StalkError } from '../errors.js'
import type { IdentityFile } from './file-format.js'

const privateName = 'id_priv'
const publicName = 'id_pub'

/** Many times the largest key: a file that is no key is not read into memory. */
const maxFileBytes = 64 * 1024

/** Both files of an identity as they are on the disk; `publicFile` is absent if there is none. */
export interface IdentityFiles {
  readonly privateFile: IdentityFile
  readonly publicFile: IdentityFile | undefined
}

/**
 * Reads the files in a directory, or in the first default directory that has an `id_priv`.
 *
 * Throws `IDENTITY_NOT_FOUND`, `IDENTITY_FILE_EXPOSED`, `IDENTITY_FILE_INVALID`, `IDENTITY_FILE_IO`.
 */
export async function readIdentityFiles(directory: string | undefined): Promise<IdentityFiles> {
  const directories = directory === undefined ? defaultDirectories() : [directory]
  for (const candidate of directories) {
    const privateFile = await readIfPresent(join(candidate, privateName), checkPrivateMode)
    if (privateFile === undefined) continue
    return { privateFile, publicFile: await readIfPresent(join(candidate, publicName)) }
  }
  const tried = directories.map((candidate) => join(candidate, privateName)).join(', ')
  const out = directory === undefined ? '' : ` --out ${directory}`
  if (directory !== undefined && basename(directory) === privateName) {
    throw new StalkError('IDENTITY_NOT_FOUND', `${directory} is no directory: pass the one that has ${privateName}`)
  }
  throw new StalkError('IDENTITY_NOT_FOUND', `there is no identity at ${tried}: make one with \`stalk keygen${out}\``)
}

/**
 * Reads a public file, or the `id_pub` in a directory.
 *
 * Throws `IDENTITY_NOT_FOUND`, `IDENTITY_FILE_INVALID`, `IDENTITY_FILE_IO`.
 */
export async function readPublicFile(path: string): Promise<IdentityFile> {
  // a raw id_priv looks like a raw id_pub: read as one, it would make a public key of the private one
  if (basename(path) === privateName) {
    throw new StalkError('IDENTITY_FILE_INVALID', `${path} is a private key: pass the ${publicName} beside it`)
  }
  const filePath = (await isDirectory(path)) ? join(path, publicName) : path
  const file = await readIfPresent(filePath)
  if (file === undefined) {
    throw new StalkError(
      'IDENTITY_NOT_FOUND',
      `there is no public key file ${filePath}: \`stalk keygen\` makes an id_pub beside its id_priv`,
    )
  }
  return file
}

/**
 * Writes both files or, when that fails, leaves everything as it was. Readers never see half a file. Without `force`
 * nothing is ever overwritten, whoever else is writing at the same time.
 *
 * Throws `IDENTITY_EXISTS`, `IDENTITY_FILE_IO`.
 */
export async function writeIdentityFiles(
  directory: string,
  privateBytes: Uint8Array,
  publicBytes: Uint8Array,
  force: boolean,
): Promise<void> {
  const scratch: string[] = []
  const undo: (() => Promise<void>)[] = []
  let created: string | undefined
  try {
    created = await mkdir(directory, { recursive: true, mode: 0o700 })
    const privateScratch = await writeScratch(directory, privateName, privateBytes, 0o600, scratch)
    const publicScratch = await writeScratch(directory, publicName, publicBytes, 0o644, scratch)
    const place = force ? replace : placeNew
    undo.unshift(await place(privateScratch, join(directory, privateName), scratch))
    undo.unshift(await place(publicScratch, join(directory, publicName), scratch))
    await syncDirectory(directory)
  } catch (error) {
    for (const step of undo) await step()
    await remove(scratch)
    if (created !== undefined) await rmdir(directory).catch(ignore)
    throw inputOutputError(directory, error)
  }
  await remove(scratch)
}

function defaultDirectories(): string[] {
  // read at the call, so that a program can set them and so that importing looks at nothing
  const home = homedir()
  const chosen = process.env['STALK_HOME']
  // whoever chose a place means no other
  return chosen === undefined || chosen === '' ? [join(home, '.stalk'), join(home, '.spack')] : [chosen]
}

async function readIfPresent(
  path: string,
  check: (path: string, stats: Stats) => void = ignore,
): Promise<IdentityFile | undefined> {
  try {
    // without O_NONBLOCK a named pipe in this place would block for ever
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      // of the open file: nobody can exchange it between the checks and the reading
      const stats = await handle.stat()
      if (!stats.isFile()) throw invalid(path, 'not a regular file')
      check(path, stats)
      if (stats.size > maxFileBytes) throw invalid(path, `${stats.size} bytes long, more than any key`)
      return { path, bytes: await readAtMost(handle, maxFileBytes) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw inputOutputError(path, error)
  }
}

/** Also of a file that grows meanwhile. */
async function readAtMost(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(maxBytes)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, maxBytes - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  const bytes = buffer.slice(0, length)
  buffer.fill(0)
  return bytes
}

function checkPrivateMode(path: string, { mode }: Stats): void {
  // Windows has access lists instead, which the mode does not show
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  throw new StalkError(
    'IDENTITY_FILE_EXPOSED',
    `${path} has mode ${octal}, so others may use the private key: run \`chmod 600 ${path}\`, ` +
      'and make a new identity if somebody could have read it',
  )
}

/** A temporary file beside its destination, complete and on the disk. */
async function writeScratch(
  directory: string,
  name: string,
  bytes: Uint8Array,
  mode: number,
  scratch: string[],
): Promise<string> {
  const path = scratchPath(directory, name)
  const handle = await open(path, 'wx', mode)
  scratch.push(path)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return path
}

/** Gives a finished file its name, unless the name is taken: `link` refuses that, also in a race. */
async function placeNew(from: string, to: string): Promise<() => Promise<void>> {
  try {
    await link(from, to)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    throw new StalkError('IDENTITY_EXISTS', `${to} exists already and is left as it is`, error)
  }
  return () => remove([to])
}

/** Gives a finished file its name, whatever had it; what had it is kept until both files are in place. */
async function replace(from: string, to: string, scratch: string[]): Promise<() => Promise<void>> {
  const backup = scratchPath(dirname(to), basename(to))
  const hadOne = await link(to, backup).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
  if (hadOne) scratch.push(backup)
  await rename(from, to)
  return hadOne ? () => rename(backup, to).catch(ignore) : () => remove([to])
}

function scratchPath(directory: string, name: string): string {
  return join(directory, `.${name}.${encodeBase64url(randomBytes(12))}.tmp`)
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory, and writes its entries through
  if (process.platform === 'win32') return
  const handle = await open(directory, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true }).catch(ignore)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // reading it will say what is wrong
    return false
  }
}

function isMissing(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function inputOutputError(path: string, error: unknown): unknown {
  if (error instanceof StalkError) return error
  const reason = error instanceof Error ? error.message : 'unknown reason'
  return new StalkError('IDENTITY_FILE_IO', `cannot read or write the identity at ${path}: ${reason}`, error)
}

function invalid(path: string, what: string): StalkError {
  return new StalkError('IDENTITY_FILE_INVALID', `${path} is no identity file: it is ${what}`)
}

function ignore(): void {
  // cleaning up is not worth a second error
}
