import { open, truncate, type FileHandle } from 'node:fs/promises'

/** What a sensor measured. */
export interface Reading {
  /** The fingerprint of the sensor: it proved that. */
  readonly sensor: string
  /** Another one each time the sensor’s program starts. */
  readonly run: string
  /** From 1, within the run. */
  readonly sequence: number
  /** Milliseconds since 1970, by the sensor’s clock. */
  readonly time: number
  readonly celsius: number
}

/** Readings as lines of JSON, each of them once, however often it is given. */
export class ReadingsFile {
  readonly #handle: FileHandle
  /** The highest sequence number of each run that is in the file. */
  readonly #highest: Map<string, number>
  #last: Promise<void> = Promise.resolve()

  private constructor(handle: FileHandle, highest: Map<string, number>) {
    this.#handle = handle
    this.#highest = highest
  }

  /** Opens the file, or makes it, and sees what is in it. */
  static async open(path: string): Promise<ReadingsFile> {
    const handle = await open(path, 'a+')
    const highest = new Map<string, number>()
    const { size } = await handle.stat()
    let length = 0
    for await (const line of handle.readLines({ start: 0, autoClose: false })) {
      const end = length + Buffer.byteLength(line) + 1
      // a line without its end: the program was killed while it wrote, and has told nobody that it had stored that
      if (end > size) break
      const { sensor, run, sequence } = JSON.parse(line) as Reading
      highest.set(`${sensor} ${run}`, sequence)
      length = end
    }
    await truncate(path, length)
    return new ReadingsFile(handle, highest)
  }

  /**
   * Resolves once the reading is on the disk, or was there already. One after the other, so that a sensor which is back before its old
   * connection is noticed to be dead has nothing stored twice.
   *
   * After a failure all later calls fail with it, too: open the file anew, which mends its end.
   */
  store(reading: Reading): Promise<void> {
    this.#last = this.#last.then(() => this.#append(reading))
    return this.#last
  }

  async #append(reading: Reading): Promise<void> {
    const key = `${reading.sensor} ${reading.run}`
    // a sensor sends in order, and again from where it is not sure: what is not above the highest is here
    if (reading.sequence <= (this.#highest.get(key) ?? 0)) return
    await this.#handle.appendFile(`${JSON.stringify(reading)}\n`)
    await this.#handle.datasync()
    this.#highest.set(key, reading.sequence)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
