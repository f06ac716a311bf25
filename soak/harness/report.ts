/** One figure, with its bounds if it has any. */
export interface Row {
  /** Of the scenario: what happened when this was measured. */
  readonly part: string
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly least?: number
  readonly most?: number
}

/** What a scenario has found out, and which of its bounds were broken. */
export class Report {
  readonly rows: Row[] = []
  /** What is wrong that is no number. */
  readonly #wrong: string[] = []
  #part = ''

  /** What follows is of this part. */
  begin(part: string): void {
    this.#part = part
  }

  figure(what: string, value: number, unit: string): void {
    this.rows.push({ part: this.#part, what, value, unit })
  }

  /** @param most Infinity: there is no bound */
  atMost(what: string, value: number, most: number, unit: string): void {
    this.rows.push({ part: this.#part, what, value, unit, ...(most === Infinity ? {} : { most }) })
  }

  atLeast(what: string, value: number, least: number, unit: string): void {
    this.rows.push({ part: this.#part, what, value, unit, least })
  }

  exactly(what: string, value: number, expected: number, unit: string): void {
    this.rows.push({ part: this.#part, what, value, unit, least: expected, most: expected })
  }

  wrong(sentence: string): void {
    this.#wrong.push(`${this.#part}: ${sentence}`)
  }

  /** A sentence for each bound that was broken. */
  get broken(): string[] {
    return [...this.rows.filter(isBroken).map(sentence), ...this.#wrong]
  }
}

/** What is not a number keeps no bound. */
export function isBroken({ value, least = -Infinity, most = Infinity }: Row): boolean {
  return !(value >= least && value <= most)
}

/** `at most 16 bytes`; empty without one. */
export function bound({ least, most, unit }: Row): string {
  if (least !== undefined && least === most) return `exactly ${shown(least)} ${unit}`
  if (most !== undefined) return `at most ${shown(most)} ${unit}`
  return least === undefined ? '' : `at least ${shown(least)} ${unit}`
}

/** Three digits that matter, or all before the point. */
export function shown(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value.toLocaleString('en')
  const digits = Math.min(2, Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01)))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function sentence(row: Row): string {
  return `${row.part}: ${row.what}: ${shown(row.value)} ${row.unit}, where it has to be ${bound(row)}`
}
