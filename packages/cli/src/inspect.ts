import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import {
  describeThrown,
  escapeControls,
  formatMessage,
  inspectCapture,
  parseCapture,
  parseKeyLog,
  Spack,
  type InspectedDetail,
  type InspectedPart,
  type Inspection,
} from '@stalk/core'
import type { Command } from 'commander'
import { CommandError, exitCodes } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { encodeMessage, escapeJson } from './message-json.js'
import { note, printLine } from './output.js'

/** As commander hands them over. */
interface InspectOptions {
  readonly keyLog?: string
  readonly json?: true
}

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .summary('print what a captured connection says')
    .description(
      'Reads a captured stalk/2 connection and prints its handshake, its records and its messages, as far as a key log has ' +
        'the secrets. > is what the connecting side sent, < what the listening side sent.',
    )
    .argument('<file>', 'the capture; - for the standard input')
    .option('--key-log <file>', 'the file that STALKKEYLOG named on either side (default: $STALKKEYLOG)')
    .option('--json', 'print one line of JSON for each part')
    .action(inspect)
  addNotes(command, inspectNotes)
}

const inspectNotes = `A capture has one line for each piece of either direction:
  {"from":"initiator","hex":"7374616c6b2f320a…"}
  {"from":"responder","hex":"01…"}
or is what tshark makes of a recorded connection:
  tcpdump -i lo -w talk.pcap tcp port 4000
  tshark -r talk.pcap -q -z follow,tcp,raw,0 | stalk inspect - --key-log keys.log
Ends with 7 if a part of it is damaged or cut.`

/** Prints what a captured stalk/2 connection says; fails at the end if a part of it could not be read. */
async function inspect(file: string, options: InspectOptions): Promise<void> {
  const capture = parseCapture(await readText(file, 'the capture'))
  const keyLogFile = options.keyLog ?? process.env['STALKKEYLOG'] ?? ''
  const keyLog = parseKeyLog(keyLogFile === '' ? '' : await readText(keyLogFile, 'the key log'))
  const inspection = inspectCapture(capture, keyLog)
  for (const part of inspection.parts) await printLine(options.json ? jsonOf(part) : linesOf(part).join('\n'))
  if (keyLogFile !== '' && !inspection.hasSecrets) {
    note(`${keyLogFile} has no secrets of this connection: was it logged by a side of it, while it ran?`)
  }
  if (keyLogFile === '') note('no key log: --key-log or STALKKEYLOG names the file with the secrets of the connection')
  reportFaults(inspection)
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    const reason = describeThrown(error)
    throw new CommandError('INPUT_UNREADABLE', `cannot read ${what}: ${reason}`, exitCodes.input, error)
  }
}

function linesOf({ from, offset, length, name, details }: InspectedPart): string[] {
  const arrow = from === 'initiator' ? '>' : '<'
  const width = Math.max(...details.map(([label]) => label.length))
  return [
    `${arrow} ${name} (${length} bytes at ${offset})`,
    ...details.map(([label, value]) => `    ${label.padEnd(width)}  ${shown(value)}`),
  ]
}

function shown(value: InspectedDetail[1]): string {
  if (value instanceof Spack) return formatMessage(value)
  // padding is long, and nothing to read
  if (value instanceof Uint8Array)
    return Buffer.from(value)
      .toString('hex')
      .replaceAll(/(?:00){32,}/gu, zeros)
  return typeof value === 'number' ? String(value) : escapeControls(JSON.stringify(value).slice(1, -1))
}

function zeros(digits: string): string {
  return ` 00×${digits.length / 2} `
}

function jsonOf({ from, offset, length, name, details }: InspectedPart): string {
  const plain = details.map(([label, value]) => [label, jsonValueOf(value)])
  return escapeJson(JSON.stringify({ from, offset, length, name, details: plain }))
}

function jsonValueOf(value: InspectedDetail[1]): unknown {
  if (value instanceof Spack) return JSON.parse(encodeMessage(value))
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

/** Every fault is a line on the standard error; the first of them is what the command fails with. */
function reportFaults({ faults }: Inspection): void {
  const [first, ...others] = faults.map(
    ({ from, offset, error }) => [`${from}, at byte ${offset}: ${error.message}`, error] as const,
  )
  if (first === undefined) return
  for (const [message] of others) note(message)
  const [message, error] = first
  throw new CommandError(error.code, message, exitCodes.input, error)
}
