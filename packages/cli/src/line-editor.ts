// Typing on a terminal: a line is edited, with the history of earlier ones, while messages appear above it.
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline'
import path from 'node:path'
import { isKept, History, MAX_HISTORY_LINES } from './history.js'
import { defaultDirectory } from './identities.js'
import type { Line } from './input-lines.js'
import { drawThrough, note } from './output.js'

const PROMPT = '> '

/**
 * The lines that are typed, until Ctrl-D or `close()`. Ctrl-C is the signal SIGINT, as it is without an editor. Whatever is printed meanwhile
 * stands above the line that is being edited.
 *
 * The editor draws on the standard error: the standard output has what the peer says.
 */
export class LineEditor implements AsyncIterable<Line> {
  #editor: Interface | null = null

  async *[Symbol.asyncIterator](): AsyncGenerator<Line, void, undefined> {
    const history = new History(path.join(defaultDirectory(), 'history'), (error) => {
      note(`the history of lines is not kept: ${error.message}`, 'yellow')
    })
    const editor = startEditor(await history.load())
    this.#editor = editor
    let number = 1
    try {
      editor.prompt()
      for await (const text of editor) {
        await history.add(text)
        yield { number: number++, text }
        editor.prompt()
      }
    } finally {
      this.close()
    }
  }

  /** Takes the line that is edited away and gives the terminal back. */
  close(): void {
    if (this.#editor === null) return
    erase(this.#editor)
    drawThrough(null)
    this.#editor.close()
    this.#editor = null
  }
}

/** @param lines oldest first */
function startEditor(lines: string[]): Interface {
  const editor = createInterface({
    input: process.stdin,
    output: process.stderr,
    prompt: PROMPT,
    history: lines.reverse(),
    historySize: MAX_HISTORY_LINES,
  })
  editor.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  editor.on('history', (all) => {
    if (!isKept(all[0] ?? '')) all.shift()
  })
  drawThrough((draw) => {
    drawAbove(editor, draw)
  })
  return editor
}

/** Takes the line that is edited away, draws, and puts the line below. */
function drawAbove(editor: Interface & { prevRows?: number }, draw: () => void): void {
  erase(editor)
  draw()
  // how many rows the editor goes up before it draws: the line is not where it was
  editor.prevRows = 0
  editor.prompt(true)
}

function erase(editor: Interface): void {
  moveCursor(process.stderr, 0, -editor.getCursorPos().rows)
  cursorTo(process.stderr, 0)
  clearScreenDown(process.stderr)
}
