// A negative control: a peer in between that has the keys of both sides, and does something to one message above the transport.
import { connect, Identity, listen, Spack, type Connection } from '@stalk/core'
import { readMessage } from '../messages.js'
import { config, onCommand, report } from './reports.js'

export interface MeddlerConfig {
  readonly host: string
  readonly port: number
  /** Those of both sides. */
  readonly server: string
  readonly client: string
  readonly number: number
  readonly what: 'drop' | 'repeat' | 'alter' | 'swap'
}

const { host, port, server, client, number, what } = config() as MeddlerConfig
const identity = await Identity.load(server)
const applicationProtocols = ['faults-stream']

async function forward(from: Connection, to: Connection): Promise<void> {
  let held: Spack | null = null
  for await (const message of from) {
    const { number: present } = readMessage(message)
    const sent: readonly Spack[] =
      present === number ? meddle(message) : held === null || present !== number + 1 ? [message] : [message, held]
    if (present === number && what === 'swap') held = message
    for (const one of sent) if (!to.send(one)) await to.flush()
  }
  await to.confirm()
  await to.close()
}

function meddle(message: Spack): readonly Spack[] {
  switch (what) {
    case 'drop':
    case 'swap':
      return []
    case 'repeat':
      return [message, message]
    case 'alter':
      return [altered(message)]
  }
}

function altered(message: Spack): Spack {
  const [value, contents] = message.values() as [number, Uint8Array]
  const other = Uint8Array.from(contents)
  other[0] = (other[0] ?? 0) ^ 1
  return new Spack().integer(value).bytes(other)
}

const listener = await listen(
  '127.0.0.1',
  0,
  async (near) => {
    const far = await connect(host, port, {
      identity: await Identity.load(client),
      serverIdentity: identity.fingerprint,
      applicationProtocols,
    })
    const have = await far.receive()
    if (have !== null) near.send(have)
    await forward(near, far)
  },
  { identity, applicationProtocols },
)
onCommand(() => undefined)
report('listening', { port: listener.port })
