import type { Spack } from '@stalk/spack'

/** Whether any float in the packet, alone or in an array, is NaN. */
export function hasNaN(spack: Spack): boolean {
  return spack.values().some((value) => {
    if (value instanceof Float32Array || value instanceof Float64Array) return value.some(Number.isNaN)
    return Number.isNaN(value)
  })
}
