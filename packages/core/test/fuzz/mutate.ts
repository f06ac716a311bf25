import type { Random } from './random.js'

/** No input grows beyond this. */
export const maxInputBytes = 8192

/** Bytes at which decoders change their minds. */
const edges = [0, 1, 2, 3, 4, 5, 6, 7, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff]

type Mutation = (
  bytes: Uint8Array,
  random: Random,
  corpus: readonly Uint8Array[],
  dictionary: readonly Uint8Array[],
) => Uint8Array

/** Each is given at least one byte. */
const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length)
    return bytes.with(at, bytes[at]! ^ (1 << random.below(8)))
  },
  function setEdge(bytes, random) {
    return bytes.with(random.below(bytes.length), random.oneOf(edges))
  },
  function setByte(bytes, random) {
    return bytes.with(random.below(bytes.length), random.below(256))
  },
  function addToByte(bytes, random) {
    const at = random.below(bytes.length)
    return bytes.with(at, (bytes[at]! + random.oneOf([-2, -1, 1, 2])) & 0xff)
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length))
  },
  function remove(bytes, random) {
    const [start, end] = range(bytes, random)
    return joined(bytes.subarray(0, start), bytes.subarray(end))
  },
  function repeat(bytes, random) {
    const [start, end] = range(bytes, random)
    const part = bytes.subarray(start, end)
    const times = Array.from({ length: random.oneOf([2, 2, 3, 8]) }, () => part)
    return joined(bytes.subarray(0, start), ...times, bytes.subarray(end))
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1)
    const inserted = Uint8Array.from({ length: 1 + random.below(4) }, () => random.oneOf(edges))
    return joined(bytes.subarray(0, at), inserted, bytes.subarray(at))
  },
  function splice(bytes, random, corpus) {
    const other = random.oneOf(corpus)
    return joined(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length + 1)))
  },
  function transplant(bytes, random, corpus) {
    const other = random.oneOf(corpus)
    if (other.length === 0) return bytes
    const [start, end] = range(other, random)
    const at = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at))
  },
  function insertKnown(bytes, random, _corpus, dictionary) {
    if (dictionary.length === 0) return bytes
    const at = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), random.oneOf(dictionary), bytes.subarray(at))
  },
]

/** An input like `bytes`, changed in a few places. @param dictionary pieces to insert */
export function mutate(
  bytes: Uint8Array,
  random: Random,
  corpus: readonly Uint8Array[],
  dictionary: readonly Uint8Array[] = [],
): Uint8Array {
  let mutated = bytes
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const start = mutated.length === 0 ? Uint8Array.of(random.oneOf(edges)) : mutated
    mutated = random.oneOf(mutations)(start, random, corpus, dictionary)
  }
  return mutated.slice(0, maxInputBytes)
}

function range(bytes: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.below(bytes.length)
  const longest = random.oneOf([1, 2, 4, 16, bytes.length])
  return [start, Math.min(bytes.length, start + 1 + random.below(longest))]
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
