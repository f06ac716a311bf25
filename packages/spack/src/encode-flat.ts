import { typeCodes, type SpackElement } from './element.js'
import { setFloat32At, setFloat32sAt, setFloat64At, setFloat64sAt } from './floats.js'
import { integersBytes, writeIntegers } from './integers.js'
import { signedBytes, unsignedBytes, writeSigned, writeUnsigned } from './leb128.js'
import type { SpackLimits } from './limits.js'
import { utf8Bytes, writeUtf8 } from './utf8.js'

// Most packets are numbers, texts, bytes and arrays of numbers: for these the compact form costs a fraction of the thorough way. Whatever
// else there is, or is too large, is left to that, which also says what is wrong.

/** An element for which {@link flatBytes} gives no -1. */
export type FlatElement = Exclude<SpackElement, { readonly type: 'bigint' | 'date' | 'list' | 'map' }>
type ArrayElement = Extract<FlatElement, { readonly type: 'integer[]' | 'float32[]' | 'float64[]' | 'byte[]' }>

let lastTypesBytes = 0

/** How many bytes a packet takes; -1: it is none of these, or beyond a limit. */
export function flatBytes(elements: readonly SpackElement[], limits: SpackLimits): number {
  if (elements.length > limits.maxElements || limits.maxIntegerBytes < 8) return -1
  let typesBytes = elements.length
  let dataBytes = 0
  for (const { type, value } of elements) {
    switch (type) {
      case 'integer':
        if (typeof value !== 'number') return -1
        dataBytes += signedBytes(value)
        break
      case 'float64':
        dataBytes += 8
        break
      case 'float32':
        dataBytes += 4
        break
      case 'byte':
      case 'boolean':
        dataBytes += 1
        break
      case 'null':
        break
      case 'string': {
        const bytes = utf8Bytes(value)
        if (bytes > limits.maxStringBytes) return -1
        typesBytes += signedBytes(bytes)
        dataBytes += bytes
        break
      }
      case 'byte[]':
        if (value.length > limits.maxByteArrayBytes) return -1
        typesBytes += 1 + signedBytes(value.length)
        dataBytes += value.length
        break
      case 'integer[]': {
        const bytes = integersBytes(value)
        if (bytes < 0 || value.length > limits.maxArrayLength) return -1
        typesBytes += 1 + signedBytes(value.length)
        dataBytes += bytes
        break
      }
      case 'float32[]':
      case 'float64[]':
        if (value.length > limits.maxArrayLength) return -1
        typesBytes += 1 + signedBytes(value.length)
        dataBytes += value.byteLength
        break
      case 'bigint':
      case 'date':
      case 'list':
      case 'map':
        return -1
    }
  }
  const packetBytes = unsignedBytes(typesBytes) + typesBytes + dataBytes
  if (packetBytes > limits.maxPacketBytes) return -1
  lastTypesBytes = typesBytes
  return packetBytes
}

/** Writes the packet that {@link flatBytes} has just measured. The room is the caller’s part. */
export function writeFlat(
  elements: readonly FlatElement[],
  bytes: Uint8Array,
  start: number,
  packetBytes: number,
): void {
  let types = writeUnsigned(bytes, start, lastTypesBytes)
  const dataStart = types + lastTypesBytes
  let data = dataStart
  for (const element of elements) {
    const { type, value } = element
    switch (type) {
      case 'integer':
        bytes[types++] = typeCodes.integer
        data = writeSigned(bytes, data, value)
        break
      case 'float64':
        bytes[types++] = typeCodes.float64
        setFloat64At(bytes, data, value)
        data += 8
        break
      case 'float32':
        bytes[types++] = typeCodes.float32
        setFloat32At(bytes, data, value)
        data += 4
        break
      case 'byte':
      case 'boolean':
        bytes[types++] = typeCodes[type]
        bytes[data++] = Number(value)
        break
      case 'null':
        bytes[types++] = typeCodes.null
        break
      case 'string': {
        bytes[types++] = typeCodes.string
        const end = writeUtf8(bytes, data, value)
        types = writeSigned(bytes, types, end - data)
        data = end
        break
      }
      case 'byte[]':
      case 'integer[]':
      case 'float32[]':
      case 'float64[]':
        bytes[types] = typeCodes.array
        bytes[types + 1] = codeOfEntries(type)
        types = writeSigned(bytes, types + 2, value.length)
        data = writeEntries(bytes, data, element)
        break
    }
  }
  // what is not written over may be anybody’s
  if (types !== dataStart || data !== start + packetBytes)
    throw new TypeError('an array of the packet has another length than it says')
}

function codeOfEntries(type: ArrayElement['type']): number {
  if (type === 'byte[]') return typeCodes.byte
  if (type === 'integer[]') return typeCodes.integer
  return type === 'float32[]' ? typeCodes.float32 : typeCodes.float64
}

function writeEntries(bytes: Uint8Array, start: number, { type, value }: ArrayElement): number {
  if (type === 'integer[]') return writeIntegers(bytes, start, value, value.length)
  if (type === 'float32[]') setFloat32sAt(bytes, start, value)
  else if (type === 'float64[]') setFloat64sAt(bytes, start, value)
  else bytes.set(value, start)
  return start + value.byteLength
}
