import type { NotRun, Result, Row } from './results.js'

/** A result as text: contestants in lines, ratios are of medians. */
export function table({ title, case: variant, metric, unit, better, rows }: Result): string {
  const labels = Object.keys(rows[0]?.ratios ?? {})
  const heads = ['', 'median', 'min', 'max', ...labels.map((label) => `x ${label}`), 'CPU µs/op']
  const lines = rows.map((row) => [row.contestant, ...cells(row, labels)])
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]!.length)))
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')
  const name = [title, variant, metric === 'rate' ? '' : metric].filter((part) => part !== '').join(', ')
  return [`\n${name} [${unit}; ${better} is better]`, format(heads), ...lines.map(format)].join('\n')
}

function cells(row: Row, labels: readonly string[]): string[] {
  const ratios = labels.map((label) => row.ratios[label]?.toFixed(2) ?? '-')
  return [number(row.median), number(row.min), number(row.max), ...ratios, number(row.cpuMicroseconds)]
}

/** Three digits that matter, or all before the point. */
function number(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The first line of each reason; the whole is in the JSON. */
export function notRunLines(notRun: readonly NotRun[]): string {
  return notRun
    .map(
      ({ contestant, case: variant, reason }) =>
        `not run: ${contestant}${variant && ` (${variant})`}: ${reason.split('\n')[0]}`,
    )
    .join('\n')
}
