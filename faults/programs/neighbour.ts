// Another connection to the same listener, not over the faulty cable: asks for an echo again and again.
import { setTimeout as pause } from 'node:timers/promises'
import { connect, Identity, Spack } from '@stalk/core'
import { config, describeError, now, onCommand, report } from './reports.js'

export interface NeighbourConfig {
  readonly port: number
  readonly identity: string
  readonly server: string
}

const { port, identity, server } = config() as NeighbourConfig
let echoes = 0
let longestMs = 0
onCommand(() => report('neighbour', { echoes, longestMs: Math.round(longestMs) }))
try {
  const connection = await connect('127.0.0.1', port, {
    identity: await Identity.load(identity),
    serverIdentity: server,
    applicationProtocols: ['faults-echo'],
  })
  report('connected')
  for (;;) {
    const startedAt = now()
    connection.send(new Spack().integer(echoes))
    const [number] = (await connection.receive())?.values() ?? []
    if (number !== echoes) throw new Error(`echo ${echoes} came back as ${String(number)}`)
    echoes += 1
    longestMs = Math.max(longestMs, now() - startedAt)
    await pause(50)
  }
} catch (error) {
  report('disturbed', describeError(error))
}
