import { createHash } from 'node:crypto'

/** Bytes of hex digits; spaces are for the reader. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

/** Hex digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Several byte arrays as one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** The right hash before some content: a classic packet with nothing wrong but what the content has wrong. */
export function sealed(content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? fromHex(content) : content
  return concat(createHash('sha256').update(bytes).digest(), bytes)
}

/** A classic packet of two parts under 64 bytes each, right in all but what the parts have wrong. */
export function classicPacket(types: string, data: string): Uint8Array {
  const [typesPart, dataPart] = [fromHex(types), fromHex(data)]
  return sealed(concat(Uint8Array.of(typesPart.length, dataPart.length), typesPart, dataPart))
}

/** A compact packet of two parts, the types under 128 bytes, right in all but what the parts have wrong. */
export function compactPacket(types: string, data: string): Uint8Array {
  const typesPart = fromHex(types)
  return concat(Uint8Array.of(typesPart.length), typesPart, fromHex(data))
}
