// What a faulty peer does to its bytes.
import { concatBytes } from '#src/crypto/bytes.js'
import { encodeTlv, parseTlvs } from '#src/stalk2/tlv.js'

export type Change = (bytes: Uint8Array) => Uint8Array

/** Bytes of hexadecimal digits; blanks do not count. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** The hexadecimal digits of a text. */
export function utf8(text: string): string {
  return Buffer.from(text).toString('hex')
}

/** Flips the lowest bit of a byte; a negative place counts from the end. */
export function flip(at: number): Change {
  return (bytes) => bytes.with(at, bytes.at(at)! ^ 1)
}

export function shortened(by: number): Change {
  return (bytes) => bytes.slice(0, bytes.length - by)
}

export function extended(digits: string): Change {
  return (bytes) => concatBytes(bytes, hex(digits))
}

export function replaced(at: number, digits: string): Change {
  return (bytes) => {
    const changed = bytes.slice()
    changed.set(hex(digits), at)
    return changed
  }
}

type Entry = readonly [type: number, value: Uint8Array]

/** Changes the list of entries of a payload. */
export function entries(change: (all: Entry[]) => Entry[]): Change {
  return (bytes) => {
    const all = parseTlvs(bytes).map(({ type, value }): Entry => [type, value])
    return concatBytes(...change(all).map(([type, value]) => encodeTlv(type, value)))
  }
}

/** Puts an entry where its type belongs. */
export function withEntry(type: number, digits: string): Change {
  return entries((all) => {
    const at = all.findIndex(([other]) => other > type)
    return all.toSpliced(at === -1 ? all.length : at, 0, [type, hex(digits)])
  })
}

/** Changes the value of an entry. */
export function withValue(wanted: number, change: Change): Change {
  return entries((all) => all.map(([type, value]) => [type, type === wanted ? change(value) : value]))
}
