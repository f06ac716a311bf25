import { describeThrown } from '@stalk/core'
import { CommanderError } from 'commander'
import { CommandError, exitCodeOf, exitCodes } from './exit-codes.js'
import { printError, surviveClosedStreams } from './output.js'
import { stalkProgram } from './program.js'

surviveClosedStreams()
process.on('uncaughtException', (error) => process.exit(report(error)))
// whatever still holds the process (a terminal, a pipe that nobody closes) does not hold it any longer
process.exit(await run(process.argv.slice(2)))

/** Runs the command line and gives its exit code. */
async function run(args: readonly string[]): Promise<number> {
  try {
    await stalkProgram().parseAsync(args, { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    return report(error)
  }
}

function report(error: unknown): number {
  // help and version come as an error whose exit code is 0
  if (error instanceof CommanderError) return error.exitCode
  const isQuiet = error instanceof CommandError && (error.code === 'OUTPUT_CLOSED' || error.code === 'STOPPED')
  if (!isQuiet) printError(describeThrown(error), codeOf(error))
  if (process.env['STALK_DEBUG'] === '1') console.error(error)
  return exitCodeOf(error)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
}
