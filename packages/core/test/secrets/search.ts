// Looks for secrets in the memory of a process, and in files, as they are and in the usual encodings.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** A secret by its name. */
export interface Secret {
  readonly name: string
  readonly bytes: Uint8Array
}

/** How it may be written. */
type Encoding = 'raw' | 'reversed' | 'hex' | 'base64' | 'base64url'

/** Where a secret was found. */
export interface Sighting {
  readonly name: string
  readonly encoding: Encoding
  /** The kind of memory, as the kernel names it; the name of a file. */
  readonly place: string
}

interface Needle {
  readonly name: string
  readonly encoding: Encoding
  readonly bytes: Uint8Array
}

/** Every form of a secret. In base64, what it looks like depends on what stands before it. */
function needlesOf({ name, bytes }: Secret): Needle[] {
  const hex = Buffer.from(bytes).toString('hex')
  const needles: Needle[] = [
    { name, encoding: 'raw', bytes },
    // as a number of JavaScript has it
    { name, encoding: 'reversed', bytes: new Uint8Array(bytes).reverse() },
    { name, encoding: 'hex', bytes: Buffer.from(hex) },
    { name, encoding: 'hex', bytes: Buffer.from(hex.toUpperCase()) },
  ]
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    for (const encoding of ['base64', 'base64url'] as const) {
      const digits = padded.toString(encoding)
      // digits that the secret alone decides
      const own = digits.slice(Math.ceil((before * 4) / 3), Math.floor((padded.length * 4) / 3))
      needles.push({ name, encoding, bytes: Buffer.from(own) })
    }
  }
  // texts without a character in which the two differ are the same twice
  return needles.filter(
    ({ bytes: own }, index) => needles.findIndex(({ bytes: other }) => Buffer.from(other).equals(own)) === index,
  )
}

/** Finds many needles in one pass. */
class Searcher {
  readonly #byStart = new Map<number, Needle[]>()
  readonly #starts = new Uint8Array(1 << 16)
  readonly longest: number

  constructor(secrets: readonly Secret[]) {
    const needles = secrets.flatMap(needlesOf)
    this.longest = Math.max(...needles.map(({ bytes }) => bytes.length))
    for (const needle of needles) {
      const start = needle.bytes[0]! * 256 + needle.bytes[1]!
      this.#starts[start] = 1
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), needle])
    }
  }

  find(haystack: Uint8Array): Needle[] {
    const found: Needle[] = []
    const starts = this.#starts
    const pages = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength)
    for (let page = 0; page < haystack.length; page += pageBytes) {
      const end = Math.min(page + pageBytes, haystack.length)
      // most of what a process has, it has not touched
      if (pages.compare(zeros, 0, end - page, page, end) === 0) continue
      for (let at = page; at < end; at += 1) {
        const start = haystack[at]! * 256 + (haystack[at + 1] ?? 0)
        if (starts[start] !== 1) continue
        for (const needle of this.#byStart.get(start)!) if (isAt(haystack, at, needle.bytes)) found.push(needle)
      }
    }
    return found
  }
}

const pageBytes = 4096
const zeros = Buffer.alloc(pageBytes)

function isAt(haystack: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let index = 2; index < bytes.length; index += 1) if (haystack[at + index] !== bytes[index]) return false
  return true
}

/** Every sighting in a file. */
export function searchFile(file: string, secrets: readonly Secret[]): Sighting[] {
  return searchBytes(readFileSync(file), secrets).map((sighting) => ({ ...sighting, place: file }))
}

/** Every sighting in some bytes, or in a text as bytes. */
export function searchBytes(bytes: Uint8Array, secrets: readonly Secret[]): Omit<Sighting, 'place'>[] {
  return new Searcher(secrets).find(bytes).map(({ name, encoding }) => ({ name, encoding }))
}

const chunkBytes = 1 << 22

/** Every sighting in what a process can write to, and how many bytes that is. Linux only: /proc/PID/mem. */
export function searchProcess(pid: number, secrets: readonly Secret[]): { sightings: Sighting[]; bytes: number } {
  const searcher = new Searcher(secrets)
  const sightings: Sighting[] = []
  let bytes = 0
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const { start, end, place } of writableRegions(pid)) {
      // chunks overlap, so that nothing is cut
      for (let at = start; at < end; at += chunkBytes - searcher.longest) {
        const chunk = read(memory, at, Math.min(chunkBytes, end - at))
        if (chunk === null) break
        bytes += chunk.length
        for (const { name, encoding } of searcher.find(chunk)) sightings.push({ name, encoding, place })
        if (at + chunkBytes >= end) break
      }
    }
  } finally {
    closeSync(memory)
  }
  return { sightings, bytes }
}

function writableRegions(pid: number): { start: number; end: number; place: string }[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const groups = /^(?<start>[0-9a-f]+)-(?<end>[0-9a-f]+) rw\S* \S+ \S+ \d+ *(?<place>.*)$/u.exec(line)?.groups
      if (groups === undefined) return []
      const [start, end] = [Number.parseInt(groups['start']!, 16), Number.parseInt(groups['end']!, 16)]
      return [{ start, end, place: groups['place'] === '' ? 'anonymous' : groups['place']! }]
    })
}

/** Null: it cannot be read. */
function read(memory: number, at: number, length: number): Uint8Array | null {
  const chunk = new Uint8Array(length)
  try {
    const count = readSync(memory, chunk, 0, length, at)
    return chunk.subarray(0, count)
  } catch {
    return null
  }
}
