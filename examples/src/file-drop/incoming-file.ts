import { createHash, randomUUID } from 'node:crypto'
import { link, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that arrives: under a name of its own, until it is known to be whole. */
export class IncomingFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #hash = createHash('sha256')
  #bytes = 0

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(directory: string): Promise<IncomingFile> {
    const path = join(directory, `.${randomUUID()}.part`)
    return new IncomingFile(path, await open(path, 'wx'))
  }

  /** Removes what a receiver left that was killed. There is one receiver to a directory. */
  static async removeLeftovers(directory: string): Promise<void> {
    const names = await readdir(directory)
    await Promise.all(names.filter((name) => /^\..*\.part$/u.test(name)).map((name) => rm(join(directory, name))))
  }

  /** How much has arrived. */
  get bytes(): number {
    return this.#bytes
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk)
    this.#bytes += chunk.length
    await this.#handle.writeFile(chunk)
  }

  /**
   * Gives the file its name once it is on the disk.
   *
   * @returns why not; null if it has its name
   */
  async keepAs(target: string, expected: { bytes: number; sha256: Uint8Array }): Promise<string | null> {
    if (this.#bytes !== expected.bytes || !this.#hash.digest().equals(expected.sha256)) {
      return 'it is not what was sent: length or SHA-256 differ'
    }
    await this.#handle.sync()
    try {
      // unlike a rename, this never replaces a file that is there
      await link(this.#path, target)
      return null
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return 'there is such a file already'
      throw error
    }
  }

  /** Ends it. What has not been kept is gone. */
  async dispose(): Promise<void> {
    await this.#handle.close()
    await rm(this.#path, { force: true })
  }
}

/** Whether a name that a stranger chose is that of a file right here, on any system: no path, not hidden, nothing that does not print. */
export function isSafeName(name: string): boolean {
  const isReserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu.test(name)
  return (
    Buffer.byteLength(name) <= 255 && /^[^/\\:*?"<>|\p{C}]+$/u.test(name) && !/^[. ]|[. ]$/u.test(name) && !isReserved
  )
}
