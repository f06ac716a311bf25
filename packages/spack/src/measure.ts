import type { ElementRules } from './decode-elements.js'
import type { ExtendedElement, SpackElement } from './element.js'
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
  const meter = new Meter(rules)
  meter.count(elements.length)
  for (const element of elements) meter.add(element)
  return meter
}

class Meter implements Sizes {
  typesBytes = 0
  dataBytes = 0
  readonly #limits: SpackLimits
  readonly #compact: boolean
  #index = -1
  #elements = 0
  #depth = 0

  constructor({ limits, compact }: ElementRules) {
    this.#limits = limits
    this.#compact = compact
  }

  count(elements: number): void {
    this.#elements += elements
    const { maxElements } = this.#limits
    if (this.#elements <= maxElements) return
    throw new SpackError('SPACK_TOO_MANY_ELEMENTS', `${this.#elements} elements exceed the limit of ${maxElements}`)
  }

  add(element: SpackElement): void {
    this.#index += 1
    this.#element(element)
  }

  #element(element: SpackElement): void {
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
        return
      case 'null':
      case 'boolean':
      case 'bigint':
      case 'date':
      case 'list':
      case 'map':
        this.#extended(element)
    }
  }

  #extended(element: ExtendedElement): void {
    if (!this.#compact) {
      const rule = 'the classic form, which stalk/1 uses, has no such type'
      throw new SpackError('SPACK_EXTENDED_TYPE', `element ${this.#index} is a ${element.type}: ${rule}`)
    }
    switch (element.type) {
      case 'null':
        return
      case 'boolean':
        this.dataBytes += 1
        return
      case 'bigint':
      case 'date':
        this.#integer(element.value)
        return
      case 'list':
        this.#enter(element.value.length)
        for (const entry of element.value) this.#inline(entry)
        this.#depth -= 1
        return
      case 'map':
        this.#enter(element.value.size)
        for (const [key, entry] of element.value) {
          const bytes = this.#stringBytes(key)
          this.dataBytes += signedBytes(bytes) + bytes
          this.#inline(entry)
        }
        this.#depth -= 1
    }
  }

  #enter(count: number): void {
    this.#depth += 1
    const { maxDepth } = this.#limits
    if (this.#depth > maxDepth) {
      const what = `element ${this.#index}: lists and maps inside each other`
      throw new SpackError('SPACK_TOO_DEEP', `${what} exceed the limit of ${maxDepth}`)
    }
    this.count(count)
    this.dataBytes += signedBytes(count)
  }

  /** Inside a list or a map types stand in the data. */
  #inline(element: SpackElement): void {
    const { typesBytes } = this
    this.#element(element)
    this.dataBytes += this.typesBytes - typesBytes
    this.typesBytes = typesBytes
  }

  #integer(value: number | bigint): void {
    const bytes = signedBytes(value)
    this.#check('SPACK_INTEGER_TOO_LONG', 'integer of length', bytes, this.#limits.maxIntegerBytes)
    this.dataBytes += bytes
  }

  #string(value: string): void {
    const bytes = this.#stringBytes(value)
    this.typesBytes += signedBytes(bytes)
    this.dataBytes += bytes
  }

  #stringBytes(value: string): number {
    const bytes = utf8Bytes(value)
    this.#check('SPACK_STRING_TOO_LONG', 'string of length', bytes, this.#limits.maxStringBytes)
    return bytes
  }

  #array(what: string, length: number): void {
    if (length === 0 && !this.#compact) {
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
