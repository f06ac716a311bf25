// Terminals: `script` of util-linux makes them.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { stalkCommand } from './stalk-process.js'

// a path, because knip takes a bare name for a dependency
const scriptProgram = '/usr/bin/script'
const probe = spawnSync(scriptProgram, ['--version'], { encoding: 'utf8' })
assert.ok(probe.error === undefined && probe.stdout.includes('util-linux'), 'these tests need `script` of util-linux')

/** What is typed when the screen ends with the question, or with a match of it; as a function, it is told of the moment. */
type Exchange = readonly [question: string | RegExp, answer: string | (() => string)]

/** Runs a command on a terminal of 40 columns; each answer is typed when its question is there. */
type OnTerminal = (
  args: readonly string[],
  dialogue?: readonly Exchange[],
  environment?: Record<string, string>,
) => Promise<{ code: number; screen: string }>

/** Of the terminals here. */
export const columns = 40

/** @param home stands for the user's home directory */
export function terminalFor(home: string): OnTerminal {
  return (args, dialogue = [], environment = {}) => run(home, args, dialogue, environment)
}

async function run(
  home: string,
  args: readonly string[],
  dialogue: readonly Exchange[],
  environment: Record<string, string>,
): Promise<{ code: number; screen: string }> {
  const words = [...stalkCommand, ...args].map((word) => `'${word}'`).join(' ')
  const command = `stty columns ${columns} && ${words}`
  const env = {
    ...process.env,
    HOME: home,
    STALK_PASSPHRASE: '',
    NO_COLOR: undefined,
    FORCE_COLOR: undefined,
    STALK_HOME: '',
    ...environment,
  }
  const terminal = spawn(scriptProgram, ['-qec', command, '/dev/null'], { env, timeout: 30_000 })
  let screen = ''
  let asked = 0
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const [question, answer] = dialogue[asked] ?? []
    if (question === undefined || answer === undefined) return
    if (typeof question === 'string' ? !screen.endsWith(question) : !question.test(screen)) return
    asked++
    terminal.stdin.write(typeof answer === 'string' ? answer : answer())
  })
  const [code] = (await once(terminal, 'close')) as [number]
  return { code, screen }
}
