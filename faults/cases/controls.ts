// Negative controls: somebody who has the keys of both sides does something to one message, and the verifier has to find exactly that.
import path from 'node:path'
import type { MeddlerConfig } from '../programs/meddler.js'
import { Stage } from '../support/stage.js'
import type { Fault, Row, Size } from './fault.js'

/** Its contents are not empty. */
const NUMBER = 4_321

const controls: readonly (readonly [MeddlerConfig['what'], string, readonly string[]])[] = [
  ['drop', 'dropped', [`message ${NUMBER} lost`]],
  ['repeat', 'repeated', [`message ${NUMBER} twice`]],
  ['alter', 'altered', [`message ${NUMBER} altered`]],
  ['swap', 'swapped with the next', [`message ${NUMBER} lost`, `message ${NUMBER} twice`]],
]

export const controlFaults: readonly Fault[] = controls.map(([what, done, expected]) => ({
  name: `control-${what}`,
  what: `negative control: a message is ${done} above the transport, by a relay with the keys of both sides`,
  messages: 10_000,
  shortMessages: what === 'alter' ? 10_000 : null,
  run: (size: Size) => run(what, expected, size),
}))

async function run(
  what: MeddlerConfig['what'],
  expected: readonly string[],
  { messages }: Size,
): Promise<readonly Row[]> {
  const stage = await Stage.make()
  try {
    const stream = await stage.begin('plain', messages, async (identity) => {
      const server = path.join(stage.hosts.directory, 'server')
      const config: MeddlerConfig = { ...stage.addressOfReceiver, server, client: identity, number: NUMBER, what }
      const relay = stage.hosts.start('near', 'meddler', config)
      return { host: '127.0.0.1', port: (await relay.next('listening')).port ?? 0 }
    })
    const { seconds, problems } = await stage.finish(stream)
    const isFound = problems.join() === expected.join()
    return [
      {
        by: 'connect',
        messages,
        seen: [`found: ${problems.join(', ')}`],
        seconds,
        problems: isFound ? [] : [`the verifier found ${problems.join(', ') || 'nothing'}, not ${expected.join(', ')}`],
      },
    ]
  } finally {
    await stage.end()
  }
}
