import {
  describe,
  validators,
  type ElementInput,
  type ElementInputs,
  type ElementType,
  type SpackElement,
  type SpackValue,
} from './element.js'

const names = Object.keys(validators).join(', ')

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

  /** The number of elements. */
  get length(): number {
    return this.elements.length
  }

  /**
   * The values in order, to be destructured. An integer is a number up to ±(2^53 - 1) and a bigint beyond: `BigInt(value)` makes a bigint
   * of either.
   */
  values(): SpackValue[] {
    return this.elements.map((element) => element.value)
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
    if (!Object.hasOwn(validators, type)) {
      const given = typeof type === 'string' ? JSON.stringify(type) : describe(type)
      throw new TypeError(`there is no element type ${given}: push takes (value, type), and the types are ${names}`)
    }
    const element = { type, value: validators[type](value) } as SpackElement
    ;(this.elements as SpackElement[]).push(element)
    return this
  }

  /** Adds an integer of any size: a safe number or a bigint. A bigint that is safe as a number becomes one. */
  integer(value: number | bigint): this {
    return this.push(value, 'integer')
  }

  /** Adds a 32-bit float. The value is rounded to it here, so that what is held is what arrives. */
  float32(value: number): this {
    return this.push(value, 'float32')
  }

  /** Adds a 64-bit float. */
  float64(value: number): this {
    return this.push(value, 'float64')
  }

  /** Adds a byte, 0..255. */
  byte(value: number): this {
    return this.push(value, 'byte')
  }

  /** Adds a string without lone surrogates. */
  string(value: string): this {
    return this.push(value, 'string')
  }

  /** Adds integers as one array, copied and frozen. */
  integers(value: readonly (number | bigint)[]): this {
    return this.push(value, 'integer[]')
  }

  /** Adds 32-bit floats as one array: a Float32Array is borrowed, plain numbers are copied and rounded. */
  float32s(value: Float32Array | readonly number[]): this {
    return this.push(value, 'float32[]')
  }

  /** Adds 64-bit floats as one array: a Float64Array is borrowed, plain numbers are copied. */
  float64s(value: Float64Array | readonly number[]): this {
    return this.push(value, 'float64[]')
  }

  /** Adds bytes as one array, borrowed. */
  bytes(value: Uint8Array): this {
    return this.push(value, 'byte[]')
  }
}
