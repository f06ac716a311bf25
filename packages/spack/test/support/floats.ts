import type { Spack, SpackElement } from '@stalk/spack'

/** Whether any float in the packet, alone, in an array or inside a list or a map, is NaN. */
export function hasNaN(spack: Spack): boolean {
  return spack.elements.some(elementHasNaN)
}

function elementHasNaN({ type, value }: SpackElement): boolean {
  if (type === 'float32[]' || type === 'float64[]') return value.some(Number.isNaN)
  if (type === 'list') return value.some(elementHasNaN)
  if (type === 'map') return [...value.values()].some(elementHasNaN)
  return Number.isNaN(value)
}
