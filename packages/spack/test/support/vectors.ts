import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Spack, type ElementInput, type SpackElement } from '@stalk/spack'
import { fromHex } from './bytes.js'

/** An element as the vector files write it. */
export interface VectorElement {
  readonly type: string
  readonly value: unknown
  readonly utf8?: string
  readonly bits?: string | readonly string[]
}

/** A packet that the original emitted. */
export interface VectorCase {
  readonly name: string
  readonly elements: readonly VectorElement[]
  readonly hex: string
  readonly quirk?: string
}

/** What the original did with a malformed packet. */
interface VectorOutcome {
  readonly ok: boolean
  readonly elements?: readonly VectorElement[]
}

/** A malformed or unusual packet. */
export interface InvalidCase {
  readonly name: string
  readonly hex: string
  readonly buffer: VectorOutcome
  readonly stream: VectorOutcome
}

const folder = path.resolve(import.meta.dirname, '../../../../test-vectors/v1')

export const { cases, emit_errors: emitErrors } = load('spack.json') as {
  cases: readonly VectorCase[]
  emit_errors: readonly { readonly name: string }[]
}

/** What we do with each of the invalid cases: `ok`, `more` (in a stream) or a code. */
export const { cases: invalidCodes } = load('spack-invalid-codes.json') as {
  cases: Readonly<Record<string, { readonly bytes: string; readonly stream: string }>>
}

export const { cases: invalidCases } = load('spack-invalid.json') as { cases: readonly InvalidCase[] }

/** The packet that a vector's elements describe. */
export function spackOf(elements: readonly VectorElement[]): Spack {
  return Spack.of(...elements.map(elementInput))
}

/** The elements that a vector describes. */
export function elementsOf(elements: readonly VectorElement[]): readonly SpackElement[] {
  return spackOf(elements).elements
}

function load(file: string): unknown {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
}

function elementInput({ type, value }: VectorElement): ElementInput {
  switch (type) {
    case 'integer':
      return [type, BigInt(value as string)]
    case 'integer[]':
      return [type, (value as string[]).map(BigInt)]
    case 'bigint':
      return [type, BigInt(value as string)]
    case 'date':
      return [type, Number(value)]
    case 'byte[]':
      return [type, fromHex(value as string)]
    case 'list':
      return [type, spackOf(value as VectorElement[])]
    case 'map':
      return [type, new Map((value as [string, VectorElement][]).map(([key, element]) => [key, spackOf([element])]))]
    default:
      return [type, value] as ElementInput
  }
}
