/** A lock file of npm, as far as it is looked at. */
export interface Lock {
  packages: Record<string, Record<string, unknown>>
}
export const lockFiles: readonly string[]
export function faultsOf(lock: Lock): string[]
export function faultsOfFile(file: string): string[]
