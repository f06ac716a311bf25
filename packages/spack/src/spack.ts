import { describe, validators, type ElementType, type ElementValues, type SpackElement } from './element.js'
import { SpackError } from './errors.js'
import { elementOf, plainOf, type JsonLike } from './structure.js'

/**
 * What can be pushed, by the name of the type: as {@link ElementValues}, and plain numbers for float arrays, a Date for a
 * date, JSON-like values for a list and a map. Where the types inside matter, a packet has the entries of a list, and a Map
 * has for each key a packet of one element.
 */
export interface ElementInputs extends Omit<ElementValues, 'float32[]' | 'float64[]' | 'date' | 'list' | 'map'> {
  readonly 'float32[]': Float32Array | readonly number[]
  readonly 'float64[]': Float64Array | readonly number[]
  readonly date: Date | number
  readonly list: readonly unknown[] | Spack
  readonly map: object | ReadonlyMap<string, Spack>
}

/** A type and a value for `Spack.of`. */
export type ElementInput = { [T in ElementType]: readonly [type: T, value: ElementInputs[T]] }[ElementType]

/** What {@link Spack.values} gives for an element: what it holds; for dates, lists and maps what they stand for. */
export type SpackValue = ElementValues[Exclude<ElementType, 'date' | 'list' | 'map'>] | JsonLike

const allValidators: { readonly [T in ElementType]: (value: unknown) => ElementValues[T] } = {
  ...validators,
  list: validList,
  map: validMap,
}
const names = Object.keys(allValidators).join(', ')

/**
 * A packet: an ordered list of typed values that is delivered as a unit (SPEC, spack).
 *
 * Every method that adds checks its value at once, so a packet's elements are always valid: the wrong kind of value is a
 * `TypeError`, one that its type cannot hold a `RangeError`. Typed arrays are borrowed until `encode` has copied them: do
 * not change them in between. Plain arrays are copied.
 *
 * ```ts
 * const packet = new Spack().integer(100).string('hi').bytes(new Uint8Array(32))
 * const [code, greeting, key] = packet.values()
 * ```
 */
export class Spack {
  /** The elements in order: a live view, which grows with the packet. */
  readonly elements: readonly SpackElement[] = []

  /** A packet of the given elements: `Spack.of(['integer', 1], ['string', 'hi'])`. */
  static of(...elements: readonly ElementInput[]): Spack {
    const spack = new Spack()
    for (const element of elements) {
      if (!Array.isArray(element)) throw new TypeError("of takes pairs: Spack.of(['integer', 1], ['string', 'hi'])")
      const [type, value] = element as ElementInput
      spack.push(value, type)
    }
    return spack
  }

  /**
   * A packet of one element that stands for a JSON-like value: null, booleans, numbers, bigints, strings, arrays and objects
   * without a class, and also dates, bytes (Uint8Array) and arrays of floats. {@link toValue} gives an equal one back. Members
   * that are undefined are left out. Numbers that are whole and safe travel as integers, all others as float64.
   *
   * @throws TypeError for anything else, also what contains itself; RangeError for an invalid Date and for what nests deeper
   * than 512; with the path of the value, such as `place.lat: …`.
   */
  static from(value: unknown): Spack {
    const spack = new Spack()
    ;(spack.elements as SpackElement[]).push(elementOf(value))
    return spack
  }

  /** The number of elements. */
  get length(): number {
    return this.elements.length
  }

  /**
   * The values in order, to be destructured. An integer is a number up to ±(2^53 - 1) and a bigint beyond: `BigInt(value)` makes a bigint
   * of either. A date is a Date, a list an array, a map an object: fresh ones with every call.
   */
  values(): SpackValue[] {
    const { elements } = this
    const values = new Array<SpackValue>(elements.length)
    for (const [index, element] of elements.entries()) values[index] = valueOf(element)
    return values
  }

  /**
   * The value that {@link from} made a packet of. Keys like `__proto__` are members like others.
   * @throws SpackError SPACK_NOT_ONE_VALUE for a packet that has not exactly one element.
   */
  toValue(): JsonLike {
    const [element] = this.elements
    if (element === undefined || this.elements.length > 1) {
      throw new SpackError(
        'SPACK_NOT_ONE_VALUE',
        `expected a packet of one element, got one of ${this.elements.length}`,
      )
    }
    return plainOf(element)
  }

  /** Steps through the elements. */
  [Symbol.iterator](): Iterator<SpackElement> {
    return this.elements[Symbol.iterator]()
  }

  /**
   * Adds a value under the name of its type.
   * @throws TypeError for an unknown type or the wrong kind of value, RangeError for a value that the type cannot hold.
   */
  push<T extends ElementType>(value: ElementInputs[T], type: T): this {
    if (!Object.hasOwn(allValidators, type)) {
      const given = typeof type === 'string' ? JSON.stringify(type) : describe(type)
      throw new TypeError(`there is no element type ${given}: push takes (value, type), and the types are ${names}`)
    }
    return this.#add(type, allValidators[type](value))
  }

  /** Adds an integer of any size: a safe number or a bigint. A bigint that is safe as a number becomes one. */
  integer(value: number | bigint): this {
    return this.#add('integer', validators.integer(value))
  }

  /** Adds a 32-bit float. The value is rounded to it here, so that what is held is what arrives. */
  float32(value: number): this {
    return this.#add('float32', validators.float32(value))
  }

  /** Adds a 64-bit float. */
  float64(value: number): this {
    return this.#add('float64', validators.float64(value))
  }

  /** Adds a byte, 0..255. */
  byte(value: number): this {
    return this.#add('byte', validators.byte(value))
  }

  /** Adds a string without lone surrogates. */
  string(value: string): this {
    return this.#add('string', validators.string(value))
  }

  /** Adds integers as one array, copied and frozen. */
  integers(value: readonly (number | bigint)[]): this {
    return this.#add('integer[]', validators['integer[]'](value))
  }

  /** Adds 32-bit floats as one array: a Float32Array is borrowed, plain numbers are copied and rounded. */
  float32s(value: Float32Array | readonly number[]): this {
    return this.#add('float32[]', validators['float32[]'](value))
  }

  /** Adds 64-bit floats as one array: a Float64Array is borrowed, plain numbers are copied. */
  float64s(value: Float64Array | readonly number[]): this {
    return this.#add('float64[]', validators['float64[]'](value))
  }

  /** Adds bytes as one array, borrowed. */
  bytes(value: Uint8Array): this {
    return this.#add('byte[]', validators['byte[]'](value))
  }

  /** Adds null. This and what follows are extended types: the classic form, which stalk/1 uses, has them not. */
  null(): this {
    return this.#add('null', validators.null(null))
  }

  /** Adds true or false. */
  boolean(value: boolean): this {
    return this.#add('boolean', validators.boolean(value))
  }

  /** Adds an integer that is a bigint at the other end, however small. */
  bigint(value: bigint): this {
    return this.#add('bigint', validators.bigint(value))
  }

  /** Adds a point in time, to the millisecond. */
  date(value: Date | number): this {
    return this.#add('date', validators.date(value))
  }

  /** Adds a list of JSON-like values, or of the elements of another packet: `list(['a', 1])`, `list(new Spack().byte(1))`. */
  list(value: readonly unknown[] | Spack): this {
    return this.push(value, 'list')
  }

  /**
   * Adds a map from strings to JSON-like values, in the order of its keys: `map({ a: 1 })`. With a Map, to packets of one
   * element each: `map(new Map([['a', new Spack().byte(1)]]))`.
   */
  map(value: object | ReadonlyMap<string, Spack>): this {
    return this.push(value, 'map')
  }

  #add<T extends ElementType>(type: T, value: ElementValues[T]): this {
    ;(this.elements as SpackElement[]).push({ type, value } as SpackElement)
    return this
  }
}

function valueOf(element: SpackElement): SpackValue {
  const { type, value } = element
  return type === 'date' || type === 'list' || type === 'map' ? plainOf(element) : value
}

function validList(value: unknown): readonly SpackElement[] {
  if (value instanceof Spack) return Object.freeze([...value.elements])
  if (!Array.isArray(value)) throw new TypeError(`list: expected an array or a Spack, got ${describe(value)}`)
  return (elementOf(value) as Extract<SpackElement, { type: 'list' }>).value
}

function validMap(value: unknown): ReadonlyMap<string, SpackElement> {
  if (value instanceof Map) return new Map(Array.from(value as Map<unknown, unknown>, validEntry))
  const element = typeof value === 'object' && value !== null ? elementOf(value) : null
  if (element?.type !== 'map') throw new TypeError(`map: expected an object or a Map, got ${describe(value)}`)
  return element.value
}

function validEntry([key, value]: [unknown, unknown]): [string, SpackElement] {
  const [element, more] = value instanceof Spack ? value.elements : []
  if (element === undefined || more !== undefined) {
    throw new TypeError(`map: expected for each key of a Map a Spack of one element, got ${describe(value)}`)
  }
  return [validators.string(key), element]
}
