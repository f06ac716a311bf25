import { bound, isBroken, shown, type Row } from './report.js'

/** Figures as text, in columns. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.what,
    `${shown(row.value)} ${row.unit}`,
    bound(row),
    isBroken(row) ? 'BROKEN' : '',
  ])
  const width = (column: number): number => Math.max(...lines.map((line) => line[column]?.length ?? 0))
  const widths = [width(0), width(1), width(2)]
  return lines
    .map(([what = '', value = '', limit = '', verdict = '']) => {
      const cells = [what.padEnd(widths[0] ?? 0), value.padStart(widths[1] ?? 0), limit.padEnd(widths[2] ?? 0), verdict]
      return `  ${cells.join('   ').trimEnd()}`
    })
    .join('\n')
}
