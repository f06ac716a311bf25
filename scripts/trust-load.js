// The section of docs/TRUST.md about load: figures of soak/results.json, which `npm run soak` writes.
import { readFileSync } from 'node:fs'

const results = JSON.parse(readFileSync(new URL('../soak/results.json', import.meta.url), 'utf8'))

const number = (value) => {
  const digits = Number.isInteger(value) ? 0 : Math.min(2, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
const bound = ({ least, most }) => {
  if (least !== undefined && least === most) return `exactly ${number(least)}`
  if (most !== undefined) return `at most ${number(most)}`
  return least === undefined ? '' : `at least ${number(least)}`
}
const row = (one) => `| ${one.part} | ${one.what} | ${number(one.value)} ${one.unit} | ${bound(one)} |`

const titles = {
  idle: '10,000 connections that say nothing',
  active: '2,000 connections that all talk',
  flood: '100 good clients beside strangers that never get through',
  churn: 'Connections that come and go',
}
const section = ([name, title]) => {
  const { machine, seconds, rows, broken } = results[name]
  const verdict = broken.length === 0 ? 'all bounds were kept' : `broken: ${broken.join('; ')}`
  return `### ${title}

\`npm run soak -- ${name}\`: Node ${machine.node}, ${machine.date}, ${machine.cores} cores (${machine.processor}), ${machine.kernel}; ${number(seconds)} s; ${verdict}.

| | what | measured | has to be |
| --- | --- | --- | --- |
${rows.map(row).join('\n')}
`
}

export default `## Load

\`npm run soak\` puts a listener under load, with clients and strangers in processes of their own ([soak/README.md](../soak/README.md) says what happens in each scenario). Every message is verified on both sides, every scenario judges itself, and CI runs all of
them in small. The negative controls, \`npm run soak:controls\`:

| a server that | in | is noticed by |
| --- | --- | --- |
| keeps its connections | churn | the growth of its heap; so many connections more, by name |
| leaves timers behind | churn | so many timers more |
| does not answer everything | active | messages that are lost |
| has no keepalive | idle | connections that heard nothing |
| has no limits | flood | all who came and are still there |

There is none for the bounds on latency and on resident memory, nor over stalk/1.

All processes share the machine with whatever else ran on it. Times are judged only where the server had a CPU at least half of the time in which it wanted one; counts and memory always are.

${Object.entries(titles).map(section).join('\n')}`
