// The section of docs/TRUST.md about faults between two hosts: its figures are those of faults/results.json.
import { readFileSync } from 'node:fs'

const file = new URL('../faults/results.json', import.meta.url)
const { machine, results } = JSON.parse(readFileSync(file, 'utf8'))

const amount = (value, digits = 0) =>
  value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const dates = results.map(({ date }) => date).sort()
const days = [...new Set([dates[0], dates.at(-1)])].join(' to ')
const isControl = ({ fault }) => fault.startsWith('control-')
const cases = results.filter((result) => !isControl(result) && result.fault !== 'none')
const names = [...new Set(cases.map(({ fault }) => fault))]
const failed = results.filter(({ problems }) => problems.length > 0)

const noticed = (notice) => (notice === undefined ? '' : `\`${notice.code}\`, ${amount(notice.ms / 1000, 1)} s`)
const seen = ({ seen, problems }) => [...seen, ...problems.map((problem) => `FAILED: ${problem}`)].join('; ')

const lasting = results.filter((result) => result.notice === undefined && !isControl(result))
const ending = results.filter(({ notice }) => notice !== undefined)
const controls = results.filter(isControl)

const lastingRow = (result) =>
  `| \`${result.fault}\` | ${result.what} | ${amount(result.messages)} | ${amount(result.messages / result.seconds)} | ${seen(result)} |`
const endingRow = (result, index, rows) => {
  const isFirst = rows[index - 1]?.fault !== result.fault
  return `| ${isFirst ? `\`${result.fault}\`` : ''} | ${isFirst ? result.what : ''} | ${result.by} | ${amount(result.messages)} | ${noticed(result.notice.client)} | ${noticed(result.notice.listener)} | ${amount(result.seconds)} s | ${seen(result)} |`
}
const controlRow = (result) =>
  `| ${result.what.replace('negative control: a message is ', '').replace(' above the transport, by a relay with the keys of both sides', '')} | ${seen(result)} |`

export default `## Faults

[faults/](../faults/README.md) puts a listener and a client on two hosts (network namespaces), with a cable between them through which every packet goes, and has numbered messages go over while something goes wrong: \`npm run faults\`. Of each stream was looked at whether **nothing is
lost, nothing comes twice, nothing is altered and all is in order**, whether whoever has to notice does so with the documented code and in the documented time (a silent peer within 60 s, SPEC, stalk/2 §10; everything else at once; 2 s more are no finding), whether another connection to the same listener goes on (once for each fault, but where the listener itself is stopped or killed), and whether the listener
takes new ones afterwards. ${failed.length === 0 ? `That was so in all ${cases.length} cases of ${names.length} faults, and without any; in each of the ${controls.length} negative controls the verifier found what was done. It takes root on Linux, iproute2, Python 3, /dev/net/tun, libfaketime for the clocks, and half an hour.` : `It was not so in ${failed.length} of ${results.length} cases, which say FAILED.`}

Seen on ${days} with Node ${machine.node}, Linux ${machine.kernel}, ${machine.cores} cores shared with other work, TCP ${machine.tcp}. The rates are what came of it there, not what can be had.

Faults that a connection outlasts, over \`connect\`: nobody is told of an error.

| fault | what is done | messages | messages a second | seen |
| --- | --- | ---: | ---: | --- |
${lasting.map(lastingRow).join('\n')}

Faults that end connections. Over \`connect\` the client connects again and goes on where the receiver says that it is; over \`reconnecting\` it has sent again what was not confirmed, and the receiver drops by their numbers what it has. After \`damage\` it comes back because its \`retry\` says so: unless told otherwise it takes that for an attack, and ends. The time of all is from the first connection to the end, with the fault.

| fault | what is done | sent by | messages | noticed by the client | by the listener | all | seen |
| --- | --- | --- | ---: | --- | --- | ---: | --- |
${ending.map(endingRow).join('\n')}

Negative controls: a relay with the keys of both sides does something to one message above the transport.

| a message is | seen |
| --- | --- |
${controls.map(controlRow).join('\n')}

What it does not show: other kernels and TCPs, IPv6, Windows and macOS, faults of memory or of the processor, more than two hosts, hours.
`
