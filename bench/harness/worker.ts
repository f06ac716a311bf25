// What every process of a measurement runs: takes a role, then does as it is told.
import { Accounts } from './accounts.js'
import { sharedNow } from './clock.js'
import type { Command, Ran, Setup } from './protocol.js'

/** A part that a process can play. */
export interface Role {
  /** The answer to `start`. */
  readonly started: unknown
  enter(caseIndex: number): Promise<void>
  expect(count: number): void
  run(count: number): Promise<Readonly<Record<string, number>>>
}

const accounts = new Accounts()
let role: Role | null = null

process.on('message', (command: Command & { readonly id: number }) => {
  if (typeof command.id !== 'number') return
  obey(command).then((result) => process.send?.({ id: command.id, result }), fail)
})
process.on('disconnect', () => process.exit())
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.send?.({ id: -1, result: 'listening' })

async function obey(command: Command): Promise<unknown> {
  if (command.do === 'start') {
    role = await take(command.setup)
    return role.started
  }
  if (role === null) throw new Error('there is no role to play')
  switch (command.do) {
    case 'enter':
      return role.enter(command.caseIndex)
    case 'begin':
      role.expect(command.count)
      return accounts.begin()
    case 'run':
      return timed(role, command.count)
    case 'end':
      return accounts.end()
  }
}

async function timed(part: Role, count: number): Promise<Ran> {
  const startedAt = sharedNow()
  const values = await part.run(count)
  return { startedAt, finishedAt: sharedNow(), values }
}

async function take(setup: Setup): Promise<Role> {
  switch (setup.role) {
    case 'server':
      return (await import('./server.js')).serverRole(setup, accounts, fail)
    case 'client':
      return (await import('./client.js')).clientRole(setup, fail)
    case 'codec':
      return (await import('./codec-role.js')).codecRole(setup)
  }
}

/** Nothing that went wrong may look like a result. */
function fail(error: unknown): void {
  const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (process.connected) process.send?.({ failure }, () => process.exit(1))
  else process.exit(1)
}
