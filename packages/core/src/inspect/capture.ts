import { StalkError } from '../errors.js'

/** Which side of a connection sent something. */
export type Sender = 'initiator' | 'responder'

/** Bytes of one direction, as they were seen on the line. */
export interface CapturedChunk {
  readonly from: Sender
  readonly bytes: Uint8Array
}

/**
 * Reads a captured connection. Every line is either JSON, `{"from":"initiator","hex":"…"}`, or what `tshark -q -z follow,tcp,raw,0`
 * prints: hexadecimal digits, after a tab if the responder sent them. Empty lines and the frame of tshark are skipped.
 *
 * Throws CAPTURE_INVALID with the number of the line.
 */
export function parseCapture(text: string): CapturedChunk[] {
  const chunks: CapturedChunk[] = []
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (line.trim() === '' || /^(?:=+$|Follow: |Filter: |Node [01]: )/u.test(line)) continue
    chunks.push(line.startsWith('{') ? parseJsonLine(line, index + 1) : parseHexLine(line, index + 1))
  }
  if (chunks.length === 0) throw new StalkError('CAPTURE_INVALID', 'the capture is empty')
  return chunks
}

function parseJsonLine(line: string, number: number): CapturedChunk {
  const { from, hex } = parseObject(line, number)
  if (from !== 'initiator' && from !== 'responder') {
    throw invalid(number, '"from" must be "initiator" or "responder"')
  }
  if (typeof hex !== 'string') throw invalid(number, '"hex" must be a string of hexadecimal digits')
  return { from, bytes: parseHex(hex, number) }
}

function parseObject(line: string, number: number): { readonly from?: unknown; readonly hex?: unknown } {
  try {
    return JSON.parse(line) as { from?: unknown; hex?: unknown }
  } catch (cause) {
    throw invalid(number, 'it begins like JSON and is none', cause)
  }
}

function parseHexLine(line: string, number: number): CapturedChunk {
  return { from: line.startsWith('\t') ? 'responder' : 'initiator', bytes: parseHex(line.trim(), number) }
}

function parseHex(hex: string, number: number): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/iu.test(hex)) throw invalid(number, 'what is no pair of hexadecimal digits is in it')
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  }
  return bytes
}

function invalid(number: number, reason: string, cause?: unknown): StalkError {
  return new StalkError('CAPTURE_INVALID', `line ${number} of the capture: ${reason}`, cause)
}
