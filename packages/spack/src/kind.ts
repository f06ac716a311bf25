import { describe, typeCodes } from './element.js'
import { SpackError } from './errors.js'
import type { GrowingWriter } from './growing-writer.js'
import type { Reader } from './reader.js'

/** The canonical form of a kind, as JSON (SPEC, spack §schemas): what a fingerprint is of. */
export type KindForm = string | readonly KindForm[]

/**
 * What one value of a schema is: `integer`, `list(string)`. It writes and reads exactly one element, with no look at what
 * other elements there might be: its type from or to one place, its value from or to another. Inside lists both are the same.
 */
export interface Kind<T> {
  readonly form: KindForm
  /** @throws TypeError, RangeError for what is no such value */
  write(types: GrowingWriter, data: GrowingWriter, value: T): void
  /** @throws SpackError */
  read(types: Reader, data: Reader): T
}

/** The type of the values of a kind. */
export type KindValue<K> = K extends Kind<infer T> ? T : never

/** The error for a value that cannot be written. */
export function unfit(what: string, value: unknown): TypeError {
  return new TypeError(`expected ${what}, got ${describe(value)}`)
}

/** Takes a type’s code. */
export function expectCode(types: Reader, code: number, what: string): void {
  if (!types.skip(code)) throw mismatch(types, what)
}

/** Takes the two codes of an array’s type. */
export function expectArray(types: Reader, code: number, what: string): void {
  if (!types.skip(typeCodes.array) || !types.skip(code)) throw mismatch(types, what)
}

/** The error for what stands at a place instead of what was expected there. */
function mismatch(types: Reader, what: string): SpackError {
  const { place } = types
  if (types.left > 0) {
    const code = types.byte('a type')
    return new SpackError('SPACK_SCHEMA_MISMATCH', `expected ${what}, got ${nameOf(code)} at ${place}`)
  }
  if (types.part === 'data') return new SpackError('SPACK_DATA_TRUNCATED', `the data end before ${what} at ${place}`)
  return new SpackError('SPACK_FIELD_MISSING', `expected ${what}, but the packet has no more elements`)
}

function nameOf(code: number): string {
  const name = Object.entries(typeCodes).find(([, known]) => known === code)?.[0]
  return name === undefined
    ? `type ${code}`
    : /^[aei]/u.test(name)
      ? `an ${name}`
      : name === 'null'
        ? name
        : `a ${name}`
}
