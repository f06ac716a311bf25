// Unsigned LEB128, minimal, below 2^32: the numbers of frames and of control messages (SPEC, stalk/2 §9).

/** Numbers in frames are below 2^32, so lengths below 2^31. */
export const maxVarint: number = 2 ** 32 - 1

export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** Writes a number; gives where it ends. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    target[at] = (rest % 128) + 128
    at += 1
  }
  target[at] = rest
  return at + 1
}
