import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CommandError, exitCodes, usageError } from './exit-codes.js'

/** Core refuses longer ones. */
const MAX_BYTES = 1024

/** The passphrase from the environment: it never comes as an argument, which every user of the machine could see. */
export function environmentPassphrase(): string | undefined {
  const passphrase = process.env['STALK_PASSPHRASE'] ?? ''
  return passphrase === '' ? undefined : passphrase
}

/** The passphrase of an identity that is there, asked for on a terminal; without one the user learns where to say it. */
export function askPassphrase(reason: string): Promise<string> {
  if (process.stdin.isTTY && process.stderr.isTTY) return ask('passphrase: ')
  const message = `${reason}; there is no terminal to ask on: set STALK_PASSPHRASE in the environment`
  throw new CommandError('IDENTITY_PASSPHRASE', message, exitCodes.identity)
}

/** A new passphrase: asked for twice on a terminal, without echo; otherwise from STALK_PASSPHRASE. */
export async function choosePassphrase(): Promise<string> {
  const fromEnvironment = environmentPassphrase()
  if (fromEnvironment !== undefined) return checked(fromEnvironment)
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError(
      '--passphrase asks on a terminal, and there is none: set STALK_PASSPHRASE in the environment instead',
    )
  }
  const passphrase = checked(await ask('passphrase: '))
  if ((await ask('the same again: ')) !== passphrase)
    throw usageError('the two passphrases differ: nothing was written')
  return passphrase
}

function checked(passphrase: string): string {
  if (passphrase === '') throw usageError('an empty passphrase protects nothing: leave --passphrase out')
  if (Buffer.byteLength(passphrase) > MAX_BYTES) throw usageError(`a passphrase has at most ${MAX_BYTES} bytes`)
  return passphrase
}

function ask(question: string): Promise<string> {
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done()
    },
  })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 })
  process.stderr.write(question)
  return new Promise<string>((resolve, reject) => {
    terminal.once('SIGINT', () => {
      reject(new CommandError('STOPPED', 'stopped by SIGINT', exitCodes.SIGINT))
      terminal.close()
    })
    terminal.once('close', () => {
      reject(usageError('no passphrase was entered'))
    })
    terminal.once('line', (line) => {
      resolve(line)
      terminal.close()
    })
  }).finally(() => process.stderr.write('\n'))
}
