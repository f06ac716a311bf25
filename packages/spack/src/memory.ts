/** From this size on it costs more to clear memory than to make a second object over it. */
const largeBytes = 4096

// Node has a way to memory that is not cleared first; where there is none, new arrays are.
const platform = (globalThis as { Buffer?: { allocUnsafeSlow(count: number): Uint8Array<ArrayBuffer> } }).Buffer

/** Memory of its own whose contents are whatever was there before: for what is written over at once, all of it. */
export function uninitializedBytes(count: number): Uint8Array<ArrayBuffer> {
  if (count < largeBytes || platform === undefined) return new Uint8Array(count)
  return new Uint8Array(platform.allocUnsafeSlow(count).buffer)
}

/** A copy of `bytes[start..start + count]`, in memory of its own. */
export function copyBytes(bytes: Uint8Array, start: number, count: number): Uint8Array<ArrayBuffer> {
  if (count < largeBytes) return bytes.slice(start, start + count) as Uint8Array<ArrayBuffer>
  const copy = uninitializedBytes(count)
  copy.set(bytes.subarray(start, start + count))
  return copy
}
