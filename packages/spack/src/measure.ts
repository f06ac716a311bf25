import type { ElementRules } from './decode-elements.js'
import type { SpackElement } from './element.js'
import { SpackError, type SpackErrorCode } from './errors.js'
import { signedBytes } from './leb128.js'
import type { SpackLimits } from './limits.js'
import { utf8Bytes } from './utf8.js'

/** The exact sizes of a packet's parts. */
export interface Sizes {
  readonly typesBytes: number
  readonly dataBytes: number
}

/** Measures elements and holds them to the rules that decoding would hold them to. Nothing is allocated for content. */
export function measure(elements: readonly SpackElement[], rules: ElementRules): Sizes {
  const { maxElements } = rules.limits
  if (elements.length > maxElements) {
    throw new SpackError('SPACK_TOO_MANY_ELEMENTS', `${elements.length} elements exceed the limit of ${maxElements}`)
  }
  const meter = new Meter(rules)
  for (const element of elements) meter.add(element)
  return meter
}

class Meter implements Sizes {
  typesBytes = 0
  dataBytes = 0
  readonly #limits: SpackLimits
  readonly #emptyArrays: boolean
  #index = -1

  constructor({ limits, emptyArrays }: ElementRules) {
    this.#limits = limits
    this.#emptyArrays = emptyArrays
  }

  add(element: SpackElement): void {
    this.#index += 1
    this.typesBytes += 1
    switch (element.type) {
      case 'integer':
        this.#integer(element.value)
        return
      case 'float32':
        this.dataBytes += 4
        return
      case 'float64':
        this.dataBytes += 8
        return
      case 'byte':
        this.dataBytes += 1
        return
      case 'string':
        this.#string(element.value)
        return
      case 'integer[]':
        this.#array('integer[]', element.value.length)
        for (const value of element.value) this.#integer(value)
        return
      case 'float32[]':
        this.#array('float32[]', element.value.length)
        this.dataBytes += 4 * element.value.length
        return
      case 'float64[]':
        this.#array('float64[]', element.value.length)
        this.dataBytes += 8 * element.value.length
        return
      case 'byte[]':
        this.#bytes(element.value.length)
    }
  }

  #integer(value: number | bigint): void {
    const bytes = signedBytes(value)
    this.#check('SPACK_INTEGER_TOO_LONG', 'integer of length', bytes, this.#limits.maxIntegerBytes)
    this.dataBytes += bytes
  }

  #string(value: string): void {
    const bytes = utf8Bytes(value)
    this.#check('SPACK_STRING_TOO_LONG', 'string of length', bytes, this.#limits.maxStringBytes)
    this.typesBytes += signedBytes(bytes)
    this.dataBytes += bytes
  }

  #array(what: string, length: number): void {
    if (length === 0 && !this.#emptyArrays) {
      const rule = 'in the classic form only byte[] may be empty'
      throw new SpackError('SPACK_EMPTY_ARRAY', `element ${this.#index}: ${what} has no entry: ${rule}`)
    }
    this.#check('SPACK_ARRAY_TOO_LONG', `${what} of length`, length, this.#limits.maxArrayLength)
    this.typesBytes += 1 + signedBytes(length)
  }

  #bytes(length: number): void {
    this.#check('SPACK_ARRAY_TOO_LONG', 'byte[] of length', length, this.#limits.maxByteArrayBytes)
    this.typesBytes += 1 + signedBytes(length)
    this.dataBytes += length
  }

  #check(code: SpackErrorCode, what: string, length: number, max: number): void {
    if (length <= max) return
    throw new SpackError(code, `element ${this.#index}: ${what} ${length} exceeds the limit of ${max}`)
  }
}
