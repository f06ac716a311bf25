// What was typed before, kept in a file: a line each, the newest last.
import { appendFile, chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** How many lines are kept. */
export const MAX_HISTORY_LINES = 1000

/** A longer line is pasted data, not something to be edited again. */
const MAX_LINE_CHARACTERS = 4096

/** Only its owner may read it. */
const FILE_MODE = 0o600

/** Lines that were typed, in a file that other processes may add to at the same time. */
export class History {
  readonly #file: string
  readonly #onFailure: (error: Error) => void

  /** @param onFailure told when the file cannot be read or written; a history is no reason for a command to fail */
  constructor(file: string, onFailure: (error: Error) => void) {
    this.#file = file
    this.#onFailure = onFailure
  }

  /** The newest lines, oldest first. A file with many more is made shorter. */
  async load(): Promise<string[]> {
    try {
      await chmod(this.#file, FILE_MODE)
      const lines = (await readFile(this.#file, 'utf8')).split('\n').filter((line) => line !== '')
      const newest = lines.slice(-MAX_HISTORY_LINES)
      if (lines.length > 2 * MAX_HISTORY_LINES) await this.#replace(newest)
      return newest
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#onFailure(error as Error)
      return []
    }
  }

  /** Adds a line, unless it is none that is kept. */
  async add(line: string): Promise<void> {
    if (!isKept(line)) return
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 })
      await appendFile(this.#file, `${line}\n`, { mode: FILE_MODE })
    } catch (error) {
      this.#onFailure(error as Error)
    }
  }

  async #replace(lines: readonly string[]): Promise<void> {
    const temporary = `${this.#file}.${process.pid}`
    await writeFile(temporary, lines.map((line) => `${line}\n`).join(''), { mode: FILE_MODE })
    await rename(temporary, this.#file)
  }
}

/** Not what begins with a space, as in a shell, and nothing that is blank or very long. */
export function isKept(line: string): boolean {
  return line.trim() !== '' && !line.startsWith(' ') && line.length <= MAX_LINE_CHARACTERS
}
