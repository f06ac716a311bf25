import { deepStrictEqual } from 'node:assert/strict'
import type { Codec } from '../codecs/codec.js'
import { loadCodec } from '../codecs/catalogue.js'
import { subjects, type Subject, type Value } from '../codecs/subjects.js'
import { steps } from '../scenarios/codec.js'
import type { Setup } from './protocol.js'
import type { Role } from './worker.js'

/** What was made last: so that nobody can leave out the work. */
export const kept: { value: unknown } = { value: undefined }

/** Encodes or decodes the values of a subject in turn. */
export async function codecRole(setup: Setup): Promise<Role> {
  const codec = await loadCodec(setup.contestant)
  let work: (count: number) => void = () => undefined
  return {
    started: null,
    async enter(caseIndex) {
      work = workOf(codec, subjects[Math.floor(caseIndex / steps.length)]!, steps[caseIndex % steps.length]!)
    },
    expect: () => undefined,
    async run(count) {
      work(count)
      return {}
    },
  }
}

function workOf(codec: Codec, subject: Subject, step: 'encode' | 'decode'): (count: number) => void {
  const coder = codec.coder(subject.shape)
  const values = subject.values.map((value) => codec.adapt?.(subject, value) ?? value)
  // encoders may use their memory again
  const encoded = values.map((value) => Buffer.from(coder.encode(value)))
  for (const [index, bytes] of encoded.entries()) verify(subject, coder.decode(bytes), values[index]!)
  const mask = values.length - 1
  if (step === 'encode') {
    return (count) => {
      for (let index = 0; index < count; index += 1) kept.value = coder.encode(values[index & mask]!)
    }
  }
  return (count) => {
    for (let index = 0; index < count; index += 1) kept.value = coder.decode(encoded[index & mask]!)
  }
}

/** What comes out is what went in, whichever kind of array or of bytes a codec gives. */
function verify({ shape }: Subject, decoded: unknown, value: Value): void {
  for (const [name, type] of Object.entries(shape)) {
    const [actual, expected] = [(decoded as Value)[name], value[name]]
    if (typeof expected !== 'object') deepStrictEqual(actual, expected)
    else deepStrictEqual(Array.from(actual as ArrayLike<number>), Array.from(expected as ArrayLike<number>), type)
  }
}
