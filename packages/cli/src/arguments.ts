// What the arguments and options of several commands have in common.
import { isIP } from 'node:net'
import { Argument, InvalidArgumentError, Option } from 'commander'

export function protocolOption(description: string): Option {
  return new Option('--protocol <name>', description).choices(['stalk/1', 'stalk/2']).default('stalk/2', 'stalk/2')
}

export function hostArgument(description: string): Argument {
  return new Argument('<host>', description).argParser((value) => {
    if (value === '') throw new InvalidArgumentError('It is empty.')
    // none of these is in the name of any host, and the list of known servers has no place for them
    if (/[\s[\]]|^#/u.test(value)) throw new InvalidArgumentError('A host has no white space, no brackets and no #.')
    if (value.includes(':') && isIP(value) === 0) {
      throw new InvalidArgumentError('It has a colon and is no IPv6 address; the port is an argument of its own.')
    }
    return value
  })
}

export function portFrom(lowest: number): (value: string) => number {
  return (value) => {
    const port = /^\d{1,5}$/u.test(value) ? Number(value) : -1
    if (port >= lowest && port <= 65_535) return port
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to 65535 (the host comes first).`)
  }
}

export function wholeNumberFrom(lowest: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,9}$/u.test(value) ? Number(value) : -1
    if (number >= lowest) return number
    throw new InvalidArgumentError(`It must be a whole number from ${lowest}.`)
  }
}

export function milliseconds(value: string): number {
  const result = /^\d+(?:\.\d+)?$/u.test(value) ? Math.round(Number(value) * 1000) : 0
  // the most that a timer of node takes
  if (result >= 1 && result <= 0x7fff_ffff) return result
  throw new InvalidArgumentError('It must be a number of seconds from 0.001 to 2147483.')
}

export function knownPeersOption(): Option {
  return new Option(
    '--known-peers <file>',
    'the list of known servers (default: known_peers in $STALK_HOME or ~/.stalk)',
  )
}

export function identityOption(): Option {
  return new Option('--identity <dir>', 'directory of our identity (default: the default identity)')
}
