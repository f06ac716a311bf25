import type { Shape, Subject, Value } from './subjects.js'

/** A codec for the values of one subject, whose shape it may know beforehand. */
export interface Coder {
  encode(value: Value): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** What is measured: a way to turn values into bytes and back. */
export interface Codec {
  readonly name: string
  coder(shape: Shape): Coder
  /** The value as this codec likes it best, where that is not as it is: what is prepared here is not measured. */
  adapt?(subject: Subject, value: Value): Value
}

/** For codecs that have no typed arrays of numbers. */
export function plainArrays(_: Subject, value: Value): Value {
  const plain = (part: unknown): unknown => (part instanceof Float64Array ? Array.from(part) : part)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}
