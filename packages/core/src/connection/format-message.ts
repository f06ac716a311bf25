import type { Spack, SpackElement } from '@stalk/spack'

/** How much of a message is shown. */
const MAX_ENTRIES = 16
const MAX_NESTED = 64
const MAX_BYTES = 32
const MAX_CHARACTERS = 200
const MAX_LINE = 4000

/**
 * A message as one line for people: `integer 1, string "hello", byte[3] 010203, list[1] (null), map[1] ("a": boolean true)`.
 *
 * Long values are cut, with their length named. Whatever a terminal might obey is escaped, so that it is safe to print what a stranger sent.
 */
export function formatMessage(message: Spack): string {
  const budget = { nested: MAX_NESTED }
  const shown = message.elements.slice(0, MAX_ENTRIES).map((element) => formatElement(element, budget))
  const hidden = message.elements.length - shown.length
  if (hidden > 0) shown.push(`… ${hidden} more`)
  const line = shown.length === 0 ? '(empty)' : shown.join(', ')
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line
}

/** Escapes whatever a terminal might obey, reorder or hide, line breaks included. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })
}

/** How many more elements are shown that are inside others: they could be many, at every level. */
interface Budget {
  nested: number
}

function formatElement(element: SpackElement, budget: Budget): string {
  switch (element.type) {
    case 'string':
      return `string ${formatText(element.value)}`
    case 'byte[]':
      return `byte[${element.value.length}] ${formatBytes(element.value)}`
    case 'integer[]':
    case 'float32[]':
    case 'float64[]':
      return `${element.type.slice(0, -2)}[${element.value.length}] ${formatEntries(element.value)}`
    case 'integer':
    case 'float32':
    case 'float64':
    case 'byte':
    case 'bigint':
      return `${element.type} ${formatNumber(element.value)}`
    case 'null':
      return 'null'
    case 'boolean':
      return `boolean ${String(element.value)}`
    case 'date':
      return `date ${new Date(element.value).toISOString()}`
    case 'list':
      return `list[${element.value.length}] ${formatNested(element.value, (entry) => formatElement(entry, budget), budget)}`
    case 'map':
      return `map[${element.value.size}] ${formatNested(element.value, (member) => formatMember(member, budget), budget)}`
  }
}

function formatMember([key, element]: readonly [string, SpackElement], budget: Budget): string {
  return `${formatText(key)}: ${formatElement(element, budget)}`
}

function formatNested<T>(entries: Iterable<T>, format: (entry: T) => string, budget: Budget): string {
  const shown: string[] = []
  for (const entry of entries) {
    if (shown.length === MAX_ENTRIES || budget.nested === 0) {
      shown.push('…')
      break
    }
    budget.nested -= 1
    shown.push(format(entry))
  }
  return `(${shown.join(', ')})`
}

function formatText(text: string): string {
  const cut = text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS) : text
  const escaped = escapeControls(JSON.stringify(cut))
  return cut === text ? escaped : `${escaped}… (${text.length} characters)`
}

function formatBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return bytes.length > MAX_BYTES ? `${shown}…` : shown
}

function formatEntries(values: ArrayLike<number | bigint>): string {
  const shown = Array.from({ length: Math.min(values.length, MAX_ENTRIES) }, (_, index) =>
    formatNumber(values[index] ?? 0),
  )
  return `(${shown.join(' ')}${values.length > MAX_ENTRIES ? ' …' : ''})`
}

function formatNumber(value: number | bigint): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'number' || BigInt.asIntN(512, value) === value) return String(value)
  // Decimal digits of a number of many thousand bits take seconds, hexadecimal ones do not.
  const digits = (value < 0n ? -value : value).toString(16)
  return `${value < 0n ? '-' : ''}0x${digits.slice(0, MAX_BYTES)}… (${digits.length} hexadecimal digits)`
}
