// Floats are little-endian in packets. Arrays of them are copied whole where the platform has them so as well.
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
// Up to so many entries are quicker one by one: the views that it takes to copy them whole cost more.
const fewEntries = 8

// A float more often than not stands alone: a view of its bytes would cost more than to carry them to where there is one.
const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

// The one NaN of each width, as it is written. What an engine would write for NaN is its own choice.
const nan32 = Uint8Array.of(0, 0, 0xc0, 0x7f)
const nan64 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0x7f)

/** The float32 whose 4 bytes start at `offset`. */
export function float32At(bytes: Uint8Array, offset: number): number {
  for (let index = 0; index < 4; index += 1) scratch[index] = bytes[offset + index] ?? 0
  return scratchView.getFloat32(0, true)
}

/** The float64 whose 8 bytes start at `offset`. */
export function float64At(bytes: Uint8Array, offset: number): number {
  scratch[0] = bytes[offset] ?? 0
  scratch[1] = bytes[offset + 1] ?? 0
  scratch[2] = bytes[offset + 2] ?? 0
  scratch[3] = bytes[offset + 3] ?? 0
  scratch[4] = bytes[offset + 4] ?? 0
  scratch[5] = bytes[offset + 5] ?? 0
  scratch[6] = bytes[offset + 6] ?? 0
  scratch[7] = bytes[offset + 7] ?? 0
  return scratchView.getFloat64(0, true)
}

/** Writes a float32 as 4 bytes. */
export function setFloat32At(bytes: Uint8Array, offset: number, value: number): void {
  scratchView.setFloat32(0, value, true)
  const source = Number.isNaN(value) ? nan32 : scratch
  for (let index = 0; index < 4; index += 1) bytes[offset + index] = source[index] ?? 0
}

/** Writes a float64 as 8 bytes. */
export function setFloat64At(bytes: Uint8Array, offset: number, value: number): void {
  scratchView.setFloat64(0, value, true)
  const source = Number.isNaN(value) ? nan64 : scratch
  for (let index = 0; index < 8; index += 1) bytes[offset + index] = source[index] ?? 0
}

/** The float32s whose bytes start at `offset`. */
export function float32sAt(bytes: Uint8Array, offset: number, count: number): Float32Array {
  const values = new Float32Array(count)
  if (littleEndian && count > fewEntries) bytesOf(values).set(bytes.subarray(offset, offset + 4 * count))
  else for (let index = 0; index < count; index += 1) values[index] = float32At(bytes, offset + 4 * index)
  return values
}

/** The float64s whose bytes start at `offset`. */
export function float64sAt(bytes: Uint8Array, offset: number, count: number): Float64Array {
  const values = new Float64Array(count)
  if (littleEndian && count > fewEntries) bytesOf(values).set(bytes.subarray(offset, offset + 8 * count))
  else for (let index = 0; index < count; index += 1) values[index] = float64At(bytes, offset + 8 * index)
  return values
}

/** Writes float32s, 4 bytes each. */
export function setFloat32sAt(bytes: Uint8Array, offset: number, values: Float32Array): void {
  setFloatsAt(bytes, offset, values, setFloat32At)
}

/** Writes float64s, 8 bytes each. */
export function setFloat64sAt(bytes: Uint8Array, offset: number, values: Float64Array): void {
  setFloatsAt(bytes, offset, values, setFloat64At)
}

/** Copied whole where that is possible; then only NaNs are left to be written one by one. */
function setFloatsAt(
  bytes: Uint8Array,
  offset: number,
  values: Float32Array | Float64Array,
  setAt: (bytes: Uint8Array, offset: number, value: number) => void,
): void {
  if (littleEndian) bytes.set(bytesOf(values), offset)
  for (let index = nextToWrite(values, 0); index < values.length; index = nextToWrite(values, index + 1)) {
    setAt(bytes, offset + values.BYTES_PER_ELEMENT * index, values[index] ?? 0)
  }
}

function nextToWrite(values: Float32Array | Float64Array, start: number): number {
  const { length } = values
  let index = start
  if (littleEndian) while (index < length && !Number.isNaN(values[index])) index += 1
  return index
}

function bytesOf(values: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
