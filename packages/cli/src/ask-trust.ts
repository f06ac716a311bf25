import { createInterface } from 'node:readline'
import type { Identity } from '@stalk/core'
import { formatAddress, note } from './output.js'

/** Whether there is somebody to ask: never in a pipe. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

interface UnknownServer {
  readonly host: string
  readonly port: number
  readonly identity: Identity
}

const maxTries = 3

/** Asks on the terminal whether to trust a server that was never seen. Only a whole yes is one. Aborting the signal rejects with its reason. */
export async function askTrust({ host, port, identity }: UnknownServer, signal: AbortSignal): Promise<boolean> {
  note(`${formatAddress(host, port)} was never seen before. Its fingerprint is`)
  note(`  ${identity.fingerprint}`, 'yellow')
  note('Compare it with what `stalk id` prints there.')
  // the terminal itself shows what is typed and lets it be corrected
  const lines = createInterface({ input: process.stdin, terminal: false })
  try {
    for (let tries = 0; tries < maxTries; tries += 1) {
      process.stderr.write('Trust it from now on? (yes/no) ')
      const answer = await nextLine(lines, signal)
      if (answer === 'yes') return true
      if (answer === 'no' || answer === null) return false
    }
    return false
  } finally {
    lines.close()
  }
}

/** Null at the end of the input. */
function nextLine(lines: ReturnType<typeof createInterface>, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    lines.once('line', (line) => {
      resolve(line.trim())
    })
    lines.once('close', () => {
      resolve(null)
    })
  })
}
