// Where the bytes of `stalk pipe` come from and where they go.
import { randomBytes } from 'node:crypto'
import { fstatSync, rmSync, type Stats } from 'node:fs'
import { open, readlink, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { CommandError, exitCodes, usageError } from './exit-codes.js'
import { printBytes } from './output.js'
import type { PipeSink, PipeSource } from './pipe-transfer.js'

/** A file, opened now: one that is not there is noticed before anybody connects. */
export async function fileSource(file: string): Promise<PipeSource> {
  try {
    const handle = await open(file, 'r')
    const stats = await handle.stat()
    if (stats.isDirectory()) {
      await handle.close()
      throw new Error(`${file} is a directory`)
    }
    return { chunks: readable(wholeFile(handle, stats), file), size: stats.isFile() ? stats.size : null }
  } catch (error) {
    throw unreadable(file, error)
  }
}

const READ_BYTES = 64 * 1024

/** What the file had when it was opened, at least: one that is cut short meanwhile is an error, one that grows is not. */
async function* wholeFile(handle: FileHandle, before: Stats): AsyncGenerator<unknown, void, undefined> {
  let bytes = 0
  let after: Stats
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: READ_BYTES, autoClose: false })) {
      bytes += (chunk as Uint8Array).length
      yield chunk
    }
    after = await handle.stat()
  } finally {
    await handle.close()
  }
  // a file that the kernel makes up may have less than it says
  const hasChanged = after.size !== before.size || after.mtimeMs !== before.mtimeMs
  if (before.isFile() && bytes < before.size && hasChanged) {
    throw new Error(`it became shorter while it was sent: ${bytes} bytes were left of ${before.size}`)
  }
}

/** The standard input. Where it is a file, that may have been read up to somewhere before, and is to have all that it has now. */
export function inputSource(): PipeSource {
  const stats = fstatSync(0)
  const size = stats.isFile() ? stats.size : null
  return { chunks: readable(wholeInput(size), 'the standard input'), size }
}

async function* wholeInput(size: number | null): AsyncGenerator<unknown, void, undefined> {
  yield* process.stdin
  if (size === null) return
  const after = fstatSync(0).size
  if (after < size) throw new Error(`it became shorter while it was sent: it has ${after} bytes of ${size}`)
}

/** The standard output. */
export function outputSink(): PipeSink {
  return { write: printBytes, finish: () => Promise.resolve() }
}

/** A sink that holds something which has to go if its end never comes. */
export interface FileSink extends PipeSink {
  /** Leaves nothing behind, if it did not finish. */
  discard(): Promise<void>
}

/** A file that appears, or is replaced, once it is whole: until then the bytes are in another one beside it, opened now. */
export async function fileSink(file: string): Promise<FileSink> {
  const { target, mode } = await resolveTarget(file)
  const name = `.${path.basename(target)}.${randomBytes(6).toString('hex')}.part`
  const temporary = path.join(path.dirname(target), name)
  const handle = await attempt(file, () => open(temporary, 'wx', mode))
  let isOpen = true
  // also when a second signal ends the process at once
  const onExit = (): void => rmSync(temporary, { force: true })
  process.once('exit', onExit)
  return {
    write: (chunk) => attempt(file, () => writeAll(handle, chunk)),
    finish: () =>
      attempt(file, async () => {
        await handle.sync()
        await handle.close()
        await rename(temporary, target)
        isOpen = false
        process.off('exit', onExit)
      }),
    discard: async () => {
      if (!isOpen) return
      isOpen = false
      await handle.close().catch(() => undefined)
      await rm(temporary, { force: true })
      process.off('exit', onExit)
    },
  }
}

/** Through symbolic links, so that what they point to is replaced; what takes its place is as closed to others as it was. */
async function resolveTarget(file: string): Promise<{ target: string; mode: number }> {
  try {
    const target = await realpath(file)
    const stats = await stat(target)
    // renaming would take away a device, or whatever else is there
    if (!stats.isFile()) throw usageError(`--output ${file} is no regular file: redirect the output instead`)
    return { target, mode: stats.mode & 0o777 }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const leadsTo = await readlink(file).catch(() => null)
    // a link to a file that is not there yet
    if (leadsTo !== null) return resolveTarget(path.resolve(await realpath(path.dirname(file)), leadsTo))
    return { target: path.resolve(file), mode: 0o666 }
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let rest = chunk; rest.length > 0;) rest = rest.subarray((await handle.write(rest)).bytesWritten)
}

async function* readable(stream: AsyncIterable<unknown>, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw unreadable(name, error)
  }
}

function unreadable(name: string, error: unknown): CommandError {
  return new CommandError(
    'INPUT_UNREADABLE',
    `cannot read ${name}: ${(error as Error).message}`,
    exitCodes.input,
    error,
  )
}

async function attempt<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw new CommandError('OUTPUT_FAILED', `cannot write ${file}: ${(error as Error).message}`, exitCodes.other, error)
  }
}
