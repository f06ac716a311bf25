import { SpackError } from './errors.js'

/** An error on its way out of a nested value, with the way to it: each level puts its own step in front. */
class Misplaced extends Error {
  readonly error: unknown
  path: string

  constructor(error: unknown, path: string) {
    super()
    this.error = error
    this.path = path
  }
}

/** The step to a member of an object: `.name`, or `["any name"]`, cut where it is long: it may be a peer’s, and end up in logs. */
export function memberStep(key: string): string {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]{0,39}$/u.test(key)) return `.${key}`
  return `[${escapeControls(JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key))}]`
}

/** Escapes what a terminal might obey, reorder or hide, beyond what JSON escapes. */
function escapeControls(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** The step to an entry of an array: `[3]`. */
export function entryStep(index: number): string {
  return `[${index}]`
}

/** What a level throws for the error of a value inside it. */
export function misplaced(error: unknown, step: string): Error {
  if (!(error instanceof Misplaced)) return new Misplaced(error, step)
  error.path = step + error.path
  return error
}

/** What the outermost level throws: the error with the path before its message, `place.lat: expected …`. */
export function placed(error: unknown): unknown {
  if (!(error instanceof Misplaced)) return error
  const { error: cause } = error
  const path = error.path.replace(/^\./u, '')
  if (cause instanceof SpackError) return new SpackError(cause.code, `${path}: ${cause.message}`, path)
  if (cause instanceof TypeError) return new TypeError(`${path}: ${cause.message}`, { cause })
  if (cause instanceof RangeError) return new RangeError(`${path}: ${cause.message}`, { cause })
  return cause
}
