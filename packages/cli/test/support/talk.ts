// Two parties for the tests that connect: their identities, made once a file, and how to start either side.
import path from 'node:path'
import { listen, type Handler, type Identity, type Listener } from '@stalk/core'
import { savedIdentity, temporaryDirectory } from './identities.js'
import { endProcesses, run, StalkProcess, type Finished } from './stalk-process.js'

export const host = '127.0.0.1'

export interface Talk {
  readonly directory: string
  readonly serverDirectory: string
  readonly clientDirectory: string
  readonly server: Identity
  readonly client: Identity
  /** `stalk listen` on a free port. */
  readonly listen: (...options: string[]) => StalkProcess
  /** A listener in this process, for behaviour that the command does not have. */
  readonly listenHere: (handler: Handler) => Promise<Listener>
  /** `stalk connect`, pinned to the server unless told otherwise. */
  readonly connect: (port: number | string, options: readonly string[], pin?: readonly string[]) => StalkProcess
  /** The same to its end, with all of its input given at once. */
  readonly talk: (
    port: number | string,
    options: readonly string[],
    input: string,
    pin?: readonly string[],
  ) => Promise<Finished>
  readonly end: () => Promise<void>
}

export async function startTalk(): Promise<Talk> {
  const { path: directory, remove } = await temporaryDirectory()
  const serverDirectory = path.join(directory, 'server')
  const clientDirectory = path.join(directory, 'client')
  const [server, client] = await Promise.all([savedIdentity(serverDirectory), savedIdentity(clientDirectory)])
  const pinned = ['--server-identity', server.toString()]
  const listeners: Listener[] = []
  const connectArguments = (port: number | string, options: readonly string[], pin: readonly string[]): string[] => {
    return ['connect', host, String(port), '--protocol', 'stalk/1', '--identity', clientDirectory, ...pin, ...options]
  }
  return {
    directory,
    serverDirectory,
    clientDirectory,
    server,
    client,
    listen: (...options) =>
      new StalkProcess(['listen', host, '0', '--protocol', 'stalk/1', '--identity', serverDirectory, ...options]),
    listenHere: async (handler) => {
      const listener = await listen(host, 0, handler, {
        protocol: 'stalk/1',
        identity: server,
        onError: () => undefined,
      })
      listeners.push(listener)
      return listener
    },
    connect: (port, options, pin = pinned) => new StalkProcess(connectArguments(port, options, pin)),
    talk: (port, options, input, pin = pinned) => run(connectArguments(port, options, pin), { input }),
    end: async () => {
      await endProcesses()
      await Promise.all(listeners.map((listener) => listener.close({ timeoutMs: 100 })))
      await remove()
    },
  }
}
