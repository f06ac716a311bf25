// Messages as JSON that both implementations write alike: integers in hexadecimal, floats as their bits, much as its hash.
import { createHash } from 'node:crypto'
import type { Spack, SpackElement } from '@stalk/core'

/** An element as `describe_element` of peer/spack.py has it. */
export interface Described {
  readonly type: string
  readonly value: unknown
}

export function describeMessage(message: Spack): readonly Described[] {
  return message.elements.map(describeElement)
}

function describeElement({ type, value }: SpackElement): Described {
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'date':
      return { type, value: value.toString(16) }
    case 'integer[]':
      return { type, value: value.map((entry) => entry.toString(16)) }
    case 'float32':
      return { type, value: bits32(value) }
    case 'float64':
      return { type, value: bits64(value) }
    case 'float32[]':
      return { type, value: Array.from(value, bits32) }
    case 'float64[]':
      return { type, value: Array.from(value, bits64) }
    case 'byte[]':
      return { type, value: bytes(value) }
    case 'list':
      return { type, value: value.map(describeElement) }
    case 'map':
      return { type, value: Array.from(value, ([key, element]) => [key, describeElement(element)]) }
    case 'byte':
    case 'string':
    case 'null':
    case 'boolean':
      return { type, value }
  }
}

function bits32(value: number): string {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value, true)
  // which NaN it is means nothing (SPEC, spack §elements)
  return Number.isNaN(value) ? '0000c07f' : hex(new Uint8Array(view.buffer))
}

function bits64(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value, true)
  return Number.isNaN(value) ? '000000000000f87f' : hex(new Uint8Array(view.buffer))
}

function bytes(value: Uint8Array): string {
  if (value.length <= 256) return hex(value)
  return `${value.length} bytes, SHA-256 ${createHash('sha256').update(value).digest('hex')}`
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}
