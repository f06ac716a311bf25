// A relay that passes every byte on by itself, in both directions.
import { createConnection, createServer, type Socket } from 'node:net'
import { config, onCommand, report } from './reports.js'

export interface DribbleConfig {
  readonly host: string
  readonly port: number
}

const { host, port } = config() as DribbleConfig

async function dribble(from: Socket, to: Socket): Promise<void> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += 1) {
      if (!to.write(chunk.subarray(at, at + 1))) await new Promise((resolve) => to.once('drain', resolve))
    }
  }
  to.end()
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = createConnection({ host, port, allowHalfOpen: true, noDelay: true })
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    dribble(from, to).catch(() => to.destroy())
  }
})
onCommand(() => undefined)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  report('listening', { port: typeof address === 'object' ? address?.port : null })
})
