import { bound, isBroken, shown, type Row } from './report.js'

/** Figures as text, in columns, with a line above those of each part. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.what, shown(row.value), row.unit, bound(row)] as const)
  const width = (column: 0 | 1 | 2 | 3): number => Math.max(0, ...cells.map((line) => line[column].length))
  const widths = [width(0), width(1), width(2), width(3)] as const
  return cells
    .flatMap(([what, value, unit, limit], index) => {
      const row = rows[index]
      const columns = [
        what.padEnd(widths[0]),
        value.padStart(widths[1]),
        unit.padEnd(widths[2]),
        limit.padEnd(widths[3]),
      ]
      const line = `    ${columns.join('  ')}  ${row !== undefined && isBroken(row) ? 'BROKEN' : ''}`.trimEnd()
      return row?.part === rows[index - 1]?.part ? [line] : [`  ${row?.part ?? ''}`, line]
    })
    .join('\n')
}
