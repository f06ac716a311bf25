import type { Spack, SpackElement } from '@stalk/spack'

/**
 * About how many bytes of memory a decoded message of the classic types takes: an element costs more than its bytes on the line, an empty byte[] a hundred
 * times as much. Measured on V8; rounded up.
 */
export function memoryOf(message: Spack): number {
  let bytes = 256
  for (const element of message.elements) bytes += memoryOfElement(element)
  return bytes
}

function memoryOfElement(element: SpackElement): number {
  switch (element.type) {
    case 'integer':
      return 64 + memoryOfInteger(element.value)
    case 'float32':
    case 'float64':
    case 'byte':
      return 64
    case 'string':
      return 96 + 2 * element.value.length
    case 'integer[]': {
      let bytes = 96
      for (const value of element.value) bytes += memoryOfInteger(value)
      return bytes
    }
    case 'float32[]':
    case 'float64[]':
    case 'byte[]':
      return 256 + element.value.byteLength
    // of stalk/2, whose messages stay encoded until they are received
    case 'null':
    case 'boolean':
    case 'bigint':
    case 'date':
    case 'list':
    case 'map':
      return 64
  }
}

function memoryOfInteger(value: number | bigint): number {
  if (typeof value === 'number') return 8
  // Most are short, and a length costs as much as a conversion.
  return BigInt.asIntN(128, value) === value ? 40 : 40 + value.toString(16).length / 2
}
