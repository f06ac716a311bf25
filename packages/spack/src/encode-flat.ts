import { typeCodes, type SpackElement } from './element.js'
import { setFloat32At, setFloat64At } from './floats.js'
import { signedBytes, unsignedBytes, writeSigned, writeUnsigned } from './leb128.js'
import type { SpackLimits } from './limits.js'
import { shortEncode, writeAscii } from './utf8.js'

// Most packets are numbers, short texts and bytes: these are written in one go, in the compact form, for a fraction of what the thorough way
// costs. Whatever else there is, or is too large, is left to that, which also says what is wrong.

/** Types of more bytes have a size of more than one byte, and are for the thorough way. */
const mostTypesBytes = 127

let lastTypesBytes = 0

/** How many bytes a packet takes if its texts are ASCII; -1: it is none of these, or beyond a limit. */
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
      case 'string':
        if (value.length > shortEncode || value.length > limits.maxStringBytes) return -1
        typesBytes += signedBytes(value.length)
        dataBytes += value.length
        break
      case 'byte[]':
        if (value.length > limits.maxByteArrayBytes) return -1
        typesBytes += 1 + signedBytes(value.length)
        dataBytes += value.length
        break
      case 'integer[]':
      case 'float32[]':
      case 'float64[]':
      case 'bigint':
      case 'date':
      case 'list':
      case 'map':
        return -1
    }
  }
  const packetBytes = unsignedBytes(typesBytes) + typesBytes + dataBytes
  if (typesBytes > mostTypesBytes || packetBytes > limits.maxPacketBytes) return -1
  lastTypesBytes = typesBytes
  return packetBytes
}

/** Writes the packet that {@link flatBytes} has just measured, if its texts are ASCII. The room is the caller’s part. */
export function writeFlat(elements: readonly SpackElement[], bytes: Uint8Array, start: number): boolean {
  let types = writeUnsigned(bytes, start, lastTypesBytes)
  let data = types + lastTypesBytes
  for (const { type, value } of elements) {
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
        bytes[types++] = typeCodes.byte
        bytes[data++] = value
        break
      case 'boolean':
        bytes[types++] = typeCodes.boolean
        bytes[data++] = value ? 1 : 0
        break
      case 'null':
        bytes[types++] = typeCodes.null
        break
      case 'string':
        bytes[types++] = typeCodes.string
        types = writeSigned(bytes, types, value.length)
        if (!writeAscii(bytes, data, value)) return false
        data += value.length
        break
      case 'byte[]':
        bytes[types++] = typeCodes.array
        bytes[types++] = typeCodes.byte
        types = writeSigned(bytes, types, value.length)
        bytes.set(value, data)
        data += value.length
        break
      case 'integer[]':
      case 'float32[]':
      case 'float64[]':
      case 'bigint':
      case 'date':
      case 'list':
      case 'map':
        return false
    }
  }
  return true
}
