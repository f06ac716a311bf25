// npm run faults -- [fault …] [--messages N] [--short] [--list]
import { parseArgs } from 'node:util'
import type { KeepaliveTimes } from '@stalk/core'
import { Unavailable, type Fault } from './cases/fault.js'
import { catalogue } from './catalogue.js'
import { removeAllHosts, removeLeftovers, whyNoHosts } from './support/hosts.js'
import { head, show, writeResults, type Result } from './support/results.js'

/** In the short version nobody waits a minute. */
const shortKeepalive: KeepaliveTimes = { pingAfterMs: 1_500, deadAfterMs: 3_500 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: 'string' }, short: { type: 'boolean' }, list: { type: 'boolean' } },
})
const unknown = positionals.find((name) => !catalogue.some((fault) => fault.name === name))
if (unknown !== undefined) stop(`there is no fault ${unknown}; --list shows which there are`)
const messages = values.messages === undefined ? null : Number(values.messages)
if (messages !== null && !(Number.isSafeInteger(messages) && messages >= 10_000)) {
  stop('--messages takes a whole number from 10,000 on: what happens in the middle has to be in the middle')
}
if (values.list) {
  for (const { name, what } of catalogue) console.log(`${name.padEnd(16)} ${what}`)
  process.exit()
}
const reason = whyNoHosts()
if (reason !== null) {
  if (!values.short || process.env['FAULTS'] === 'required') stop(`two hosts cannot be made here: ${reason}`)
  console.log(`skipped: two hosts cannot be made here: ${reason}`)
  process.exit()
}

process.on('exit', removeAllHosts)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
removeLeftovers()
console.log(head)
const results: Result[] = []
const notTried: string[] = []
for (const fault of chosen()) {
  const found = await attempt(fault)
  for (const result of found) console.log(show(result))
  results.push(...found)
  if (messages === null && !values.short) writeResults(results, catalogue)
}
for (const text of notTried) console.log(`not tried: ${text}`)
const failed = results.filter(({ problems }) => problems.length > 0)
console.log(
  failed.length === 0 ? `all ${results.length} as it has to be` : `${failed.length} of ${results.length} FAILED`,
)
process.exit(failed.length === 0 ? 0 : 1)

function chosen(): readonly Fault[] {
  const faults = positionals.length === 0 ? catalogue : catalogue.filter(({ name }) => positionals.includes(name))
  return values.short ? faults.filter(({ shortMessages }) => shortMessages !== null) : faults
}

async function attempt(fault: Fault): Promise<readonly Result[]> {
  const { name, what } = fault
  const size = {
    messages: messages ?? (values.short ? fault.shortMessages : null) ?? fault.messages,
    ...(values.short && { short: { keepalive: shortKeepalive } }),
  }
  const common = { fault: name, what, date: new Date().toISOString().slice(0, 10) }
  try {
    return (await fault.run(size)).map((row) => ({ ...common, ...row }))
  } catch (error) {
    if (error instanceof Unavailable) {
      notTried.push(`${name}: ${error.message}`)
      return []
    }
    const problem = error instanceof Error ? error.message : String(error)
    return [{ ...common, by: '', messages: size.messages, seen: [], seconds: 0, problems: [problem] }]
  }
}

function stop(why: string): never {
  console.error(why)
  process.exit(1)
}
