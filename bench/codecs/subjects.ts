/** Types of fields. */
export type FieldType = 'integer' | 'float64' | 'string' | 'bytes' | 'integers' | 'float64s'

export type Shape = Readonly<Record<string, FieldType>>

export type Value = Readonly<Record<string, unknown>>

/** What is encoded and decoded: several values of one shape. */
export interface Subject {
  readonly name: string
  readonly shape: Shape
  readonly values: readonly Value[]
}

/** A power of two. */
const VARIANTS = 16

function subject(name: string, shape: Shape, value: (index: number) => Value): Subject {
  return { name, shape, values: Array.from({ length: VARIANTS }, (_, index) => value(index)) }
}

function pattern(length: number, index: number): Uint8Array {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 31 + index) & 255))
}

export const subjects: readonly Subject[] = [
  subject('small record', { seq: 'integer', ts: 'float64', name: 'string', payload: 'bytes' }, (index) => ({
    seq: 12_345 + index,
    ts: 1_700_000_000_000.25 + index,
    name: `sensor-${String(index).padStart(5, '0')}`,
    payload: pattern(64, index),
  })),
  subject(
    '20 mixed fields',
    {
      id: 'integer',
      version: 'integer',
      created: 'float64',
      updated: 'float64',
      owner: 'string',
      title: 'string',
      summary: 'string',
      language: 'string',
      width: 'integer',
      height: 'integer',
      depth: 'integer',
      latitude: 'float64',
      longitude: 'float64',
      altitude: 'float64',
      hash: 'bytes',
      thumbnail: 'bytes',
      counts: 'integers',
      weights: 'float64s',
      balance: 'integer',
      note: 'string',
    },
    (index) => ({
      id: 1_000_000 + index,
      version: index,
      created: 1_700_000_000_000.5 + index,
      updated: 1_700_000_100_000.5 + index,
      owner: `user-${index}`,
      title: `The title of document number ${index}`,
      summary: `A summary that is somewhat longer than a title, with an ümlaut and a € in it, number ${index}`,
      language: 'en',
      width: 1920,
      height: 1080,
      depth: 24,
      latitude: 48.1 + index / 7,
      longitude: 11.5 + index / 7,
      altitude: 519.25 + index,
      hash: pattern(32, index),
      thumbnail: pattern(128, index),
      counts: [1, 20, 300, 4000, index],
      weights: Float64Array.of(0.5, 0.25, 0.125, index / 3),
      balance: -50_000 - index,
      note: '',
    }),
  ),
  subject('1,000 float64', { samples: 'float64s' }, (index) => ({
    samples: Float64Array.from({ length: 1000 }, (_, at) => (at + index) / 7),
  })),
  subject('1,000 integers', { samples: 'integers' }, (index) => ({
    samples: Array.from({ length: 1000 }, (_, at) => at * at - 500 * index),
  })),
  subject('64 KiB bytes', { data: 'bytes' }, (index) => ({ data: pattern(65_536, index) })),
]
