import { appendFileSync, closeSync, fstatSync, openSync } from 'node:fs'
import { StalkError } from '../errors.js'
import type { KeyLog } from '../stalk2/key-log.js'

/**
 * The key log that the environment variable STALKKEYLOG asks for, with which `stalk inspect` reads captured connections; undefined without
 * it. The file is made with mode 0600 and added to.
 *
 * Throws KEY_LOG_FAILED.
 */
export function keyLogOfEnvironment(): KeyLog | undefined {
  const file = process.env['STALKKEYLOG']
  if (file === undefined || file === '') return undefined
  try {
    const handle = openSync(file, 'a', 0o600)
    try {
      const stats = fstatSync(handle)
      // whoever reads it reads the connections
      if (stats.isFile() && process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
        throw new Error(`others may read or write it: \`chmod 600 ${file}\` first`)
      }
    } finally {
      closeSync(handle)
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new StalkError('KEY_LOG_FAILED', `STALKKEYLOG: ${file} cannot be written: ${reason}`, cause)
  }
  let isBroken = false
  return (line) => {
    if (isBroken) return
    try {
      appendFileSync(file, `${line}\n`, { mode: 0o600 })
    } catch (cause) {
      // a full disk must not end connections
      isBroken = true
      process.emitWarning(`STALKKEYLOG: ${file}: ${String(cause)}`, { type: 'StalkWarning' })
    }
  }
}
