// What is true of all commands, for `stalk --help` and the man page.
import { exitCodeMeanings } from './exit-codes.js'

/** Two columns. */
export type Table = readonly (readonly [name: string, meaning: string])[]

export const environment: Table = [
  [
    'STALK_HOME',
    'directory of the default identity, of known_peers and of history; if it is not set, ~/.stalk, then ~/.spack',
  ],
  ['STALK_PASSPHRASE', 'of an encrypted id_priv; for keygen --passphrase without a terminal'],
  ['STALK_DEBUG', '1: log what happens on connections, as NODE_DEBUG=stalk does, and print stack traces'],
  ['STALKKEYLOG', 'a file to which the secrets of stalk/2 connections are added, for debugging only'],
  ['NO_COLOR', 'no colour; without a terminal there is none anyway'],
]

/** All in $STALK_HOME or ~/.stalk. */
export const files: Table = [
  ['~/.stalk/id_priv', 'our private key; nobody else may be able to read it'],
  ['~/.stalk/id_pub', 'our public key, for others'],
  ['~/.stalk/known_peers', 'the servers that are known, an address and an identity a line'],
  ['~/.stalk/history', 'the last 1,000 lines that were typed in `stalk connect`; delete it as you like'],
]

/** For `stalk --help`. */
export const referenceHelp: string = [
  section('Environment', environment, 16),
  section('Files', files, 20),
  section('Exit codes', exitCodeMeanings, 3),
].join('\n\n')

function section(title: string, table: Table, width: number): string {
  return [`${title}:`, ...table.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`)].join('\n')
}
