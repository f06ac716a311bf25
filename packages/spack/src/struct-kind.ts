import { compileStruct, type CompiledStruct, type Field } from './compile-struct.js'
import { acceptsNull, checkKind } from './container-kinds.js'
import { readElement } from './decode-elements.js'
import { describe, typeCodes } from './element.js'
import { SpackError } from './errors.js'
import type { GrowingWriter } from './growing-writer.js'
import { expectCode, unfit, type Kind, type KindForm, type KindValue } from './kind.js'
import type { Reader } from './reader.js'

/** A field that may be missing. */
export interface OptionalField<T> {
  readonly optional: true
  readonly kind: Kind<T>
}

/** The fields of a struct, in the order in which they travel. */
export type Fields = Readonly<Record<string, Kind<unknown> | OptionalField<unknown>>>

type OptionalNames<F extends Fields> = {
  [Name in keyof F]: F[Name] extends OptionalField<unknown> ? Name : never
}[keyof F]

type FieldValue<F> = F extends OptionalField<infer T> ? T : KindValue<F>

/** The object that some fields describe. */
export type StructValue<F extends Fields> = Flat<
  { -readonly [Name in Exclude<keyof F, OptionalNames<F>>]: FieldValue<F[Name]> } & {
    -readonly [Name in OptionalNames<F>]?: FieldValue<F[Name]> | undefined
  }
>

type Flat<T> = { [Name in keyof T]: T[Name] }

/** Makes a field optional: a member that is undefined or not there. */
export function optional<T>(kind: Kind<T>): OptionalField<T> {
  checkKind(kind, 'optional')
  // a field that is missing before others travels as null
  if (acceptsNull(kind)) throw new TypeError('optional: the kind has null, which is what says that a field is missing')
  return { optional: true, kind }
}

/** An object of the given fields. Fields that are added at the end, and are optional, trouble nobody who does not know them. */
export function struct<const F extends Fields>(fields: F): Kind<StructValue<F>> {
  return structOf<F>(new StructLayout(fields))
}

/** The struct of a layout. */
export function structOf<F extends Fields>(layout: StructLayout): Kind<StructValue<F>> {
  return {
    form: layout.form,
    write(types, data, value) {
      types.byte(typeCodes.list)
      const count = layout.count(value)
      data.enter(count)
      layout.compiled.write(data, data, value, count)
      data.leave()
    },
    read(types, data) {
      expectCode(types, typeCodes.list, 'a list, of the fields of a struct')
      const count = data.enter('a struct', 1)
      if (count < layout.required) throw layout.missing(count)
      const value = layout.compiled.read(data, data, count)
      for (let index = layout.fields.length; index < count; index += 1) readElement(data, data, true)
      data.leave()
      return value as StructValue<F>
    },
  }
}

/** The fields of a struct, in order, and how they are written and read. */
export class StructLayout {
  readonly fields: readonly Field[]
  /** So many fields are always there; all those after them are optional. */
  readonly required: number
  readonly compiled: CompiledStruct
  readonly form: KindForm

  /** @param compile how the fields are put together */
  constructor(fields: Fields, compile: typeof compileStruct = compileStruct) {
    this.fields = Object.entries(fields).map(([name, field]) => fieldOf(name, field))
    this.required = this.fields.findLastIndex(({ optional: isOptional }) => !isOptional) + 1
    this.compiled = compile(this.fields, this.required)
    this.form = ['struct', this.fields.map(({ name, kind, optional: isOptional }) => [name, formOf(kind, isOptional)])]
  }

  /** How many fields of an object are written: missing ones at the end are not. */
  count(value: unknown): number {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit('an object', value)
    let count = this.fields.length
    while (count > this.required && isMissing(value, this.fields[count - 1])) count -= 1
    return count
  }

  /** The error for a struct of fewer fields. */
  missing(count: number): SpackError {
    const name = JSON.stringify(this.fields[count]?.name)
    return new SpackError('SPACK_FIELD_MISSING', `expected ${this.required} fields or more, got ${count}: no ${name}`)
  }
}

function isMissing(value: object, field: Field | undefined): boolean {
  return field !== undefined && (value as Record<string, unknown>)[field.name] === undefined
}

function formOf({ form }: Kind<unknown>, isOptional: boolean): KindForm {
  return isOptional ? ['optional', form] : form
}

function fieldOf(name: string, field: Kind<unknown> | OptionalField<unknown>): Field {
  // objects have the first without being asked, and numbers in an order of their own
  if (name in Object.prototype || /^\d+$/u.test(name)) throw new TypeError(`a field cannot be called ${name}`)
  if (typeof field !== 'object' || (field as unknown) === null) {
    throw new TypeError(`${name}: expected a kind such as integer or list(string), got ${describe(field)}`)
  }
  if ('kind' in field) return { name, kind: orNothing(field.kind), optional: true }
  checkKind(field, name)
  return { name, kind: field, optional: false }
}

/** A kind or nothing, which travels as null before fields that are there. */
function orNothing(kind: Kind<unknown>): Kind<unknown> {
  return {
    form: kind.form,
    write(types: GrowingWriter, data: GrowingWriter, value: unknown) {
      if (value === undefined) types.byte(typeCodes.null)
      else kind.write(types, data, value)
    },
    read(types: Reader, data: Reader) {
      return types.skip(typeCodes.null) ? undefined : kind.read(types, data)
    },
  }
}
