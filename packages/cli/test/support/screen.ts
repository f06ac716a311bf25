// What a terminal shows after it was sent some text: as much of one as node's readline and our own lines use.

/** The rows of a terminal that is so many columns wide, without blanks at their ends. */
export function screenOf(sent: string, columns: number): string[] {
  const rows: string[][] = []
  let [row, column] = [0, 0]
  const rowAt = (index: number): string[] => (rows[index] ??= [])
  const control = (count: number, name: string): void => {
    if (name === 'A') row = Math.max(0, row - count)
    else if (name === 'B') row += count
    else if (name === 'C') column = Math.min(columns - 1, column + count)
    else if (name === 'D') column = Math.max(0, column - count)
    else if (name === 'G') column = count - 1
    else if (name === 'K' || name === 'J') rowAt(row).length = Math.min(rowAt(row).length, column)
    if (name === 'J') rows.length = row + 1
  }
  for (const piece of sent.split(pieces).filter((part) => part !== '')) {
    const [, digits = '', name] = sequence.exec(piece) ?? []
    if (name !== undefined) control(Number(digits) || 1, name)
    else if (piece === '\r') column = 0
    else if (piece === '\n') row += 1
    else {
      // a terminal goes to the next row only when there is something to put there
      if (column === columns) [row, column] = [row + 1, 0]
      rowAt(row)[column] = piece
      column += 1
    }
  }
  rowAt(row)
  return Array.from({ length: rows.length }, (_, index) =>
    Array.from(rowAt(index), (cell?: string) => cell ?? ' ')
      .join('')
      .trimEnd(),
  )
}

const escape = '\u001b'

/** Every character by itself, but for what begins with an escape: that is whole. */
const pieces = new RegExp(`(${escape}\\[[\\d;?]*[A-Za-z]|[^])`, 'u')
const sequence = new RegExp(`^${escape}\\[(\\d*)[\\d;?]*([A-Za-z])$`, 'u')
