import { readElement, readKey } from './decode-elements.js'
import { typeCodes } from './element.js'
import { writeElement } from './encode.js'
import { SpackError } from './errors.js'
import { expectCode, unfit, type Kind, type KindValue } from './kind.js'
import { measure } from './measure.js'
import { entryStep, memberStep, misplaced } from './path.js'
import { string, writeText } from './scalar-kinds.js'
import { innerElementOf, isPlain, plainOf, setMember, type JsonLike } from './structure.js'

/** An array of values of one kind. */
export function list<T>(of: Kind<T>): Kind<T[]> {
  checkKind(of, 'list')
  return {
    form: ['list', of.form],
    write(types, data, value) {
      if (!Array.isArray(value)) throw unfit('an array', value)
      // a getter of an entry may change the array: what is announced is what is written
      const { length } = value
      types.byte(typeCodes.list)
      data.enter(length)
      let index = 0
      try {
        for (; index < length; index += 1) of.write(data, data, value[index] as T)
      } catch (error) {
        throw misplaced(error, entryStep(index))
      }
      data.leave()
    },
    read(types, data) {
      expectCode(types, typeCodes.list, 'a list')
      const values = new Array<T>(data.enter('a list', 1))
      let index = 0
      try {
        for (; index < values.length; index += 1) values[index] = of.read(data, data)
      } catch (error) {
        throw misplaced(error, entryStep(index))
      }
      data.leave()
      return values
    },
  }
}

/** An object without a class of values of one kind, with any keys. Members that are undefined are left out. */
export function map<T>(of: Kind<T>): Kind<Record<string, T>> {
  checkKind(of, 'map')
  return {
    form: ['map', of.form],
    write(types, data, value) {
      // what else has no keys, or other ones: a Map would be written as nothing
      if (typeof value !== 'object' || (value as unknown) === null || !isPlain(value)) {
        throw unfit('an object without a class', value)
      }
      const keys = Object.keys(value).filter((key) => value[key] !== undefined)
      types.byte(typeCodes.map)
      data.enter(keys.length)
      for (const key of keys) {
        try {
          writeText(data, data, key)
          of.write(data, data, value[key] as T)
        } catch (error) {
          throw misplaced(error, memberStep(key))
        }
      }
      data.leave()
    },
    read(types, data) {
      expectCode(types, typeCodes.map, 'a map')
      const count = data.enter('a map', 2)
      const values: Record<string, T> = {}
      const keys = new Set<string>()
      for (let index = 0; index < count; index += 1) {
        const key = readKey(data, keys)
        keys.add(key)
        try {
          setMember(values, key, of.read(data, data))
        } catch (error) {
          throw misplaced(error, memberStep(key))
        }
      }
      data.leave()
      return values
    },
  }
}

/** A value of a kind, or null. */
export function nullable<T>(of: Kind<T>): Kind<T | null> {
  checkKind(of, 'nullable')
  if (acceptsNull(of)) throw new TypeError('nullable: the kind has null already')
  return {
    form: ['nullable', of.form],
    write(types, data, value) {
      if (value === null) types.byte(typeCodes.null)
      else of.write(types, data, value)
    },
    read(types, data) {
      return types.skip(typeCodes.null) ? null : of.read(types, data)
    },
  }
}

/** One of some strings. */
export function enumeration<const Names extends readonly [string, ...string[]]>(...names: Names): Kind<Names[number]> {
  const known = new Set<string>(names)
  if (
    known.size === 0 ||
    known.size !== names.length ||
    !names.every((name) => typeof (name as unknown) === 'string')
  ) {
    throw new TypeError("enumeration takes different strings: enumeration('red', 'green')")
  }
  const sorted = [...names].sort()
  return {
    form: ['enumeration', ...sorted],
    write(types, data, value) {
      if (!known.has(value)) throw unfit(`one of ${JSON.stringify(names)}`, value)
      string.write(types, data, value)
    },
    read(types, data) {
      const value = string.read(types, data)
      if (known.has(value)) return value
      throw new SpackError('SPACK_VALUE_UNKNOWN', `expected one of ${JSON.stringify(names)}, got another string`)
    },
  }
}

/** What a union is made of: a kind for each name. */
export type Variants = Readonly<Record<string, Kind<unknown>>>

/** A value of one of several kinds, with the name of it. */
export type UnionValue<V extends Variants> = {
  [Name in keyof V & string]: { type: Name; value: KindValue<V[Name]> }
}[keyof V & string]

/** A value of one of several kinds: `union({ idle: nothing, moving: float64 })` is `{ type: 'moving', value: 1.5 }`. */
export function union<V extends Variants>(variants: V): Kind<UnionValue<V>> {
  // a map: names like `constructor` are no variants unless they are among these
  const kinds = new Map<string, Kind<unknown>>(Object.entries(variants))
  if (kinds.size === 0) throw new TypeError('union takes an object of kinds: union({ some: integer })')
  for (const [name, kind] of kinds) checkKind(kind, `union: ${name}`)
  const names = JSON.stringify([...kinds.keys()])
  const sorted = [...kinds.keys()].sort()
  return {
    form: ['union', sorted.map((name) => [name, kinds.get(name)?.form ?? ''])],
    write(types, data, value) {
      if (typeof value !== 'object' || (value as unknown) === null) throw unfit('an object { type, value }', value)
      const kind = kinds.get(value.type)
      if (kind === undefined) throw new TypeError(`type: expected one of ${names}`)
      types.byte(typeCodes.list)
      data.enter(2)
      string.write(data, data, value.type)
      try {
        kind.write(data, data, value.value)
      } catch (error) {
        throw misplaced(error, `.${value.type}`)
      }
      data.leave()
    },
    read(types, data) {
      expectCode(types, typeCodes.list, 'a list of two, name and value')
      const count = data.enter('a union', 1)
      if (count !== 2)
        throw new SpackError('SPACK_SCHEMA_MISMATCH', `expected a name and a value, got ${count} entries`)
      const type = string.read(data, data)
      const kind = kinds.get(type)
      if (kind === undefined) {
        throw new SpackError('SPACK_VALUE_UNKNOWN', `expected one of ${names}, got a variant of another name`)
      }
      try {
        const value = kind.read(data, data)
        data.leave()
        return { type, value } as UnionValue<V>
      } catch (error) {
        throw misplaced(error, `.${type}`)
      }
    },
  }
}

/** Always null: for variants of a union that have no value. */
export const nothing: Kind<null> = {
  form: 'null',
  write(types, _data, value) {
    if ((value as unknown) !== null) throw unfit('null', value)
    types.byte(typeCodes.null)
  },
  read(types) {
    expectCode(types, typeCodes.null, 'null')
    return null
  },
}

/** Any JSON-like value, as `Spack.from` takes it. */
export const any: Kind<JsonLike> = {
  form: 'any',
  write(types, data, value) {
    const element = innerElementOf(value)
    const { typesBytes, dataBytes } = measure([element], { limits: data.limits, compact: true })
    types.reserve(typesBytes)
    data.reserve(typesBytes + dataBytes)
    writeElement(types, data, element)
  },
  read(types, data) {
    if (types.left === 0) expectCode(types, typeCodes.null, 'a value')
    return plainOf(readElement(types, data, true))
  },
}

/** Whether null is a value of the kind. */
export function acceptsNull({ form }: Kind<unknown>): boolean {
  return form === 'any' || form === 'null' || form[0] === 'nullable'
}

/** Refuses what is no kind. */
export function checkKind(kind: unknown, place: string): asserts kind is Kind<unknown> {
  if (typeof kind === 'object' && kind !== null && 'form' in kind && 'read' in kind && 'write' in kind) return
  const hint = typeof kind === 'object' && kind !== null && 'optional' in kind ? ' (only fields can be optional)' : ''
  throw new TypeError(`${place}: expected a kind such as integer or list(string)${hint}`)
}
