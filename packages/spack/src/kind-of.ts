import { interpret } from './compile-struct.js'
import { any, enumeration, list, map, nothing, nullable, union } from './container-kinds.js'
import { describe } from './element.js'
import { SpackError } from './errors.js'
import type { Kind, KindForm } from './kind.js'
import { maxNesting } from './limits.js'
import {
  bigint,
  boolean,
  byte,
  bytes,
  date,
  float32,
  float32Array,
  float64,
  float64Array,
  integer,
  integerArray,
  string,
} from './scalar-kinds.js'
import { optional, StructLayout, structOf, type Fields } from './struct-kind.js'

const simple: ReadonlyMap<unknown, Kind<unknown>> = new Map(
  [
    ...[any, bigint, boolean, byte, bytes, date, float32, float32Array, float64, float64Array],
    ...[integer, integerArray, nothing, string],
  ].map((kind) => [kind.form, kind as Kind<unknown>]),
)

/** Whatever describes more is no use to anybody. */
const maxKinds = 10_000

/**
 * The kind of a canonical form, such as a peer describes what it takes: `kindOf(kind.form)` reads and writes what `kind` does. The form
 * may be anybody's: no code is made of it, and there are limits (10,000 kinds, 512 inside each other).
 *
 * @throws SpackError SPACK_FORM_INVALID for what is no canonical form
 * @see SPEC, spack §schemas
 */
export function kindOf(form: KindForm): Kind<unknown> {
  try {
    const kind = new FormReader().read(form, 0)
    // sorted names, no name twice, nothing left over
    if (!isSame(kind.form, form)) throw new TypeError('the form of the kind is not canonical')
    return kind
  } catch (error) {
    // kinds do not know that they were made by somebody else
    if (error instanceof TypeError) throw new SpackError('SPACK_FORM_INVALID', error.message)
    throw error
  }
}

class FormReader {
  #kinds = 0

  read(form: unknown, depth: number): Kind<unknown> {
    this.#kinds += 1
    if (this.#kinds > maxKinds) throw new TypeError(`a form has ${maxKinds} kinds at most`)
    if (depth > maxNesting) throw new TypeError(`kinds are inside each other ${maxNesting} times at most`)
    const known = simple.get(form)
    if (known !== undefined) return known
    const [name, ...parts] = entriesOf(form, 'a kind')
    const inner = (part: unknown): Kind<unknown> => this.read(part, depth + 1)
    switch (name) {
      case 'list':
        return list(inner(parts[0]))
      case 'map':
        return map(inner(parts[0]))
      case 'nullable':
        return nullable(inner(parts[0]))
      case 'enumeration':
        this.#kinds += parts.length
        if (this.#kinds > maxKinds) throw new TypeError(`a form has ${maxKinds} kinds and names at most`)
        return enumeration(...(parts as [string, ...string[]]))
      case 'union':
        return union(membersOf(parts[0], inner))
      case 'struct':
        return structOf(
          new StructLayout(
            membersOf(parts[0], (part) => fieldOf(part, inner)),
            interpret,
          ),
        )
      default:
        throw new TypeError(`there is no kind ${shown(name)}`)
    }
  }
}

function fieldOf(form: unknown, inner: (form: unknown) => Kind<unknown>): Fields[string] {
  return Array.isArray(form) && form[0] === 'optional' ? optional(inner(form[1])) : inner(form)
}

/** Members in their order: `Object.fromEntries` defines them, whatever they are called. */
function membersOf<Part>(form: unknown, read: (form: unknown) => Part): Record<string, Part> {
  const members = entriesOf(form, 'the members of a kind').map((member) => {
    const [name, part] = entriesOf(member, 'a member')
    if (typeof name !== 'string') throw new TypeError(`expected the name of a member, got ${describe(name)}`)
    return [name, read(part)] as const
  })
  return Object.fromEntries(members)
}

function entriesOf(form: unknown, what: string): readonly unknown[] {
  if (Array.isArray(form)) return form as unknown[]
  throw new TypeError(`expected ${what}, got ${shown(form)}`)
}

/** Whether a form is one of ours: goes no deeper than that, however deep the other is. */
function isSame(ours: unknown, other: unknown): boolean {
  if (!Array.isArray(ours)) return ours === other
  if (!Array.isArray(other) || other.length !== ours.length) return false
  return ours.every((part, index) => isSame(part, other[index]))
}

/** A part of a form in a message: it is as long and as deep as somebody else likes. */
function shown(part: unknown): string {
  return typeof part === 'string' ? JSON.stringify(part.slice(0, 100)) : describe(part)
}
