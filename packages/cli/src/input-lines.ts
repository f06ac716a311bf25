import { CommandError, exitCodes } from './exit-codes.js'

/** A message has at most 16 MiB, and no way to write it as JSON takes more than six times that. */
const MAX_LINE_BYTES = 128 * 1024 * 1024

/** A line of input. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its line break. */
  readonly text: string
}

/**
 * The lines of a stream of UTF-8, each as soon as it is whole; the last may lack its line break.
 *
 * Only \n and \r\n end a line: node's readline would also split at U+2028, which may stand in a text.
 * Throws a CommandError INPUT_INVALID for what is not UTF-8 and for a line beyond `maxBytes`.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let number = 1
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const take = (last: Uint8Array): Line => {
    const text = decodeLine([...pending, last], number)
    pending = []
    pendingBytes = 0
    return { number: number++, text }
  }
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield take(chunk.subarray(start, end))
      start = end + 1
    }
    if (start === chunk.length) continue
    pending.push(chunk.subarray(start))
    pendingBytes += chunk.length - start
    if (pendingBytes > maxBytes) throw invalidLine(number, `it has more than ${maxBytes} bytes`)
  }
  if (pendingBytes > 0) yield take(new Uint8Array())
}

const LINE_FEED = 0x0a

/** The error of a line that is no message. */
export function invalidLine(number: number, message: string, cause?: unknown): CommandError {
  return new CommandError('INPUT_INVALID', `line ${number}: ${message}`, exitCodes.input, cause)
}

function decodeLine(parts: readonly Uint8Array[], number: number): string {
  const bytes = Buffer.concat(parts)
  const isCrLf = bytes.at(-1) === 0x0d
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(isCrLf ? bytes.subarray(0, -1) : bytes)
  } catch (error) {
    throw invalidLine(number, 'it is not UTF-8', error)
  }
}
