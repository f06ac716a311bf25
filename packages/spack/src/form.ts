/**
 * How a packet is laid out (SPEC, spack §classic and §compact):
 * - `classic`, the original's: SHA-256, size of the types, size of the data, types, data;
 * - `compact`, where something else delimits and protects it: size of the types, types, data.
 */
export type SpackForm = 'classic' | 'compact'

/** Whether a form is the compact one; `classic` where none is given. */
export function isCompact(form: SpackForm = 'classic'): boolean {
  if (form === 'compact') return true
  if ((form as unknown) === 'classic') return false
  throw new TypeError("form is 'classic' or 'compact'")
}
