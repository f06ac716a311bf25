import { styleText } from 'node:util'
import { escapeControls } from '@stalk/core'
import { CommandError, exitCodes } from './exit-codes.js'

/** The longest note that is shown, unless told otherwise. */
const MAX_CHARACTERS = 1000

/** An error may end with a command that has a whole identity in it: 1,400 characters for a modulus of 8,192 bits. */
const MAX_ERROR_CHARACTERS = 4000

type Style = Parameters<typeof styleText>[0]

/**
 * Writes a line of data to the standard output and waits until the system has taken it.
 *
 * Throws a CommandError OUTPUT_CLOSED when nobody reads it any more, OUTPUT_FAILED for anything else.
 */
export function printLine(text: string): Promise<void> {
  return printBytes(`${text}\n`)
}

/** Writes data as it is, and otherwise like `printLine`. */
export function printBytes(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const through = process.stdout.isTTY ? drawing : drawAtOnce
    through(() => {
      process.stdout.write(data, (error) => {
        if (error) reject(outputError(error))
        else resolve()
      })
    })
  })
}

/** Writes a line for people to the standard error: never data, never more than one line. */
export function note(text: string, style?: Style, maxCharacters: number = MAX_CHARACTERS): void {
  if (isQuiet) return
  const line = oneLine(text, maxCharacters)
  drawing(() => {
    process.stderr.write(`${style === undefined ? line : paint(process.stderr, style, line)}\n`)
  })
}

let isQuiet = false

/** From now on there are no notes, only errors. */
export function leaveNotesOut(): void {
  isQuiet = true
}

/** Writes `stalk: message (CODE)` to the standard error. */
export function printError(message: string, code: string): void {
  const line = oneLine(message, MAX_ERROR_CHARACTERS)
  drawing(() => {
    process.stderr.write(`${paint(process.stderr, 'red', 'stalk:')} ${line} (${code})\n`)
  })
}

/** Draws something on the terminal by calling `draw`. */
type DrawThrough = (draw: () => void) => void

let drawing: DrawThrough = drawAtOnce

/** Whoever has something at the bottom of the terminal, such as a line that is edited, lets others draw above it; null: nobody has. */
export function drawThrough(through: DrawThrough | null): void {
  drawing = through ?? drawAtOnce
}

function drawAtOnce(draw: () => void): void {
  draw()
}

/** A write that fails is answered where it was made; without this it would also end the process. */
export function surviveClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `999 B`, `1.5 KiB`, `2.0 GiB`. */
export function describeBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1024
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

function oneLine(text: string, maxCharacters: number): string {
  const escaped = escapeControls(text)
  return escaped.length > maxCharacters ? `${escaped.slice(0, maxCharacters)}…` : escaped
}

function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  const isColourful = stream.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  // newer versions of node would look at the standard output instead of this stream
  return isColourful ? styleText(style, text, { validateStream: false }) : text
}

function outputError(error: Error): CommandError {
  return 'code' in error && error.code === 'EPIPE'
    ? new CommandError('OUTPUT_CLOSED', 'nobody reads the standard output any more', exitCodes.SIGPIPE, error)
    : new CommandError('OUTPUT_FAILED', `cannot write to the standard output: ${error.message}`, exitCodes.other, error)
}
