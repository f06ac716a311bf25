// The side of a process: commands come over IPC, one answer goes back for each. It ends with whoever started it.

/** What a process can do, by name: each takes one argument. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each command has an argument of its own
export type CommandTable = Readonly<Record<string, (argument: any) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

export interface Answer {
  readonly id: number
  readonly result?: unknown
  /** Why there is no result. */
  readonly failure?: string
}

/** Does what comes over IPC from now on. */
export function answer(commands: CommandTable): void {
  process.on('message', ({ id, name, argument }: Question) => {
    void run(commands, name, argument).then((outcome) => process.send?.({ id, ...outcome } satisfies Answer))
  })
  process.once('disconnect', () => process.exit())
}

async function run(commands: CommandTable, name: string, argument: unknown): Promise<Omit<Answer, 'id'>> {
  try {
    return { result: await commands[name]?.(argument) }
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
