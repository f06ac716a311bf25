import { setImmediate } from 'node:timers/promises'
import { escapeControls, formatMessage, Spack, StalkError, type Connection } from '@stalk/core'
import type { Command } from 'commander'
import { hostArgument, identityOption, portFrom, protocolOption } from './arguments.js'
import { canAsk } from './ask-trust.js'
import { addDialing, dial, type DialOptions } from './dial.js'
import { CommandError, exitCodes } from './exit-codes.js'
import { addNotes } from './help-notes.js'
import { invalidLine, readLines, type Line } from './input-lines.js'
import { encodeMessage, messageJsonHelp, parseMessage } from './message-json.js'
import { LineEditor } from './line-editor.js'
import { formatAddress, note, printError, printLine } from './output.js'
import { stopOnSignals, type Stop } from './stop.js'

/** As commander hands them over. */
interface ConnectCommandOptions extends DialOptions {
  readonly text?: true
  readonly json?: true
  readonly reply?: true
}

export function addConnect(program: Command): void {
  const command = program
    .command('connect')
    .summary('send lines as messages, print the replies')
    .description(
      'Connects and sends every line of the standard input as a message, prints every message that comes back. After ' +
        'the last line it goes on printing until the peer closes.',
    )
    .addArgument(hostArgument('where to connect to'))
    .argument('<port>', 'port to connect to', portFrom(1))
  addDialing(command)
    .addOption(identityOption())
    .addOption(protocolOption('what to speak; both sides must mean the same'))
    .option(
      '--text',
      'a line is a text, not JSON; replies that are one string are printed bare, control characters escaped',
    )
    .option('--json', 'print replies as JSON, one a line')
    .option('--reply', 'wait for one reply to each line before the next is sent')
    .action(connectCommand)
  addNotes(command, connectNotes)
}

const connectNotes = `Without --server-identity the server is looked up in the list of known peers. One that was never seen is asked
about on a terminal; one whose identity has changed is always refused.

Over stalk/1 both sides must take turns: use --reply with a peer that answers, or the connection breaks
(STALK1_OUT_OF_STEP). Without --json replies are shown for people: long values are cut.

${messageJsonHelp}`

/** Sends every line of the standard input, prints what comes back, until both sides have sent their last. */
async function connectCommand(host: string, port: number, options: ConnectCommandOptions): Promise<void> {
  const stop = stopOnSignals()
  const connection = await dial(host, port, options, stop.signal)
  const address = formatAddress(host, port)
  note(
    `connected to ${address} (${connection.protocol}), fingerprint ${connection.peerIdentity?.fingerprint ?? 'none'}`,
    'green',
  )
  if (connection.unverified) note('not verified: whoever answers there may be anybody', 'yellow')
  await new Conversation(connection, options).hold(stop)
}

/** After this long without a reply the user is told what is being waited for. */
const PATIENCE_MS = 5_000

/** The two directions of a connection at work at the same time. */
class Conversation {
  readonly #connection: Connection
  readonly #options: ConnectCommandOptions
  /** The line that was read and did not leave yet, or whose reply did not come yet. */
  #openLine: number | null = null
  #inputEnded = false
  /** For somebody at a terminal; null in a pipe. */
  readonly #editor = canAsk() ? new LineEditor() : null
  #replies = 0
  #onReply: () => void = () => undefined

  constructor(connection: Connection, options: ConnectCommandOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** Until the peer has sent its last, something failed, or a stop was requested; then closes the connection. */
  async hold(stop: Stop): Promise<void> {
    const receiving = this.#printReplies()
    const sending = this.#sendLines()
    const stopped = stop.requested.then((reason) => {
      throw reason
    })
    try {
      await Promise.race([receiving, sending.then(() => receiving), stopped])
      if (!this.#inputEnded) await this.#explainEarlyEnd()
    } catch (error) {
      this.#editor?.close()
      await closeAfterFailure(this.#connection)
      throw error
    }
    this.#editor?.close()
    await this.#connection.close()
    // a reset after the end: the peer did not take what we sent last
    if (this.#connection.error !== null) throw this.#connection.error
  }

  /** The peer has sent its last while our input goes on: nothing of it can be answered any more. */
  async #explainEarlyEnd(): Promise<void> {
    await setImmediate() // a reply that came together with the end has to reach the line that waits for it
    if (this.#inputEnded) return
    if (this.#openLine === null) {
      const isCertain = this.#connection.protocol !== 'stalk/1'
      note(`the peer closed the connection${isCertain ? '' : ' (over stalk/1 this cannot be told from a crash)'}`)
      return
    }
    const what = this.#options.reply ? 'before it replied to' : 'before it took'
    throw new CommandError(
      'PEER_CLOSED',
      `the peer closed the connection ${what} line ${this.#openLine}`,
      exitCodes.lost,
    )
  }

  async #printReplies(): Promise<void> {
    for await (const message of this.#connection) {
      await printLine(this.#show(message))
      this.#replies += 1
      this.#onReply()
    }
  }

  async #sendLines(): Promise<void> {
    const { text, reply } = this.#options
    for await (const line of this.#editor ?? readLines(process.stdin)) {
      if (!text && line.text.trim() === '') continue
      this.#openLine = line.number
      const repliesBefore = this.#replies
      const isSent = await this.#send(line)
      if (reply && isSent) await this.#replyAfter(repliesBefore)
      this.#openLine = null
    }
    this.#inputEnded = true
    await this.#connection.end()
  }

  /** Answers false for a line that is no message and was typed: it can be typed again. */
  async #send({ number, text }: Line): Promise<boolean> {
    try {
      const message = this.#options.text ? new Spack().string(text) : parseMessage(text)
      if (!this.#connection.send(message)) await this.#connection.flush()
      return true
    } catch (error) {
      const isConnectionOver = error instanceof StalkError && !error.code.startsWith('MESSAGE_')
      if (isConnectionOver) throw error
      const invalid = invalidLine(number, (error as Error).message, error)
      if (this.#editor === null) throw invalid
      printError(invalid.message, invalid.code)
      return false
    }
  }

  async #replyAfter(count: number): Promise<void> {
    const waiting = setTimeout(() => {
      note(`still waiting for a reply to line ${this.#openLine ?? 0}: does the peer answer?`, 'yellow')
    }, PATIENCE_MS)
    try {
      while (this.#replies <= count) await new Promise<void>((resolve) => (this.#onReply = resolve))
    } finally {
      clearTimeout(waiting)
    }
  }

  #show(message: Spack): string {
    if (this.#options.json) return encodeMessage(message)
    const [element, ...rest] = message.elements
    const isText = this.#options.text && element?.type === 'string' && rest.length === 0
    return isText ? escapeControls(element.value) : formatMessage(message)
  }
}

/** Sends what is queued; a second failure does not hide the first. */
async function closeAfterFailure(connection: Connection): Promise<void> {
  if (connection.error !== null) return
  try {
    await connection.close()
  } catch (error) {
    note(`while closing: ${(error as Error).message}`)
  }
}
