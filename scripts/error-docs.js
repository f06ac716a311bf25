// docs/ERRORS.md, from the tables of error codes.
import prettier from 'prettier'
import { errorTable } from '../packages/core/src/error-table.ts'
import { rpcErrorTable } from '../packages/rpc/src/errors.ts'
import { spackErrorTable } from '../packages/spack/src/errors.ts'

const rows = (table, cells) =>
  Object.entries(table).map(([code, entry]) => `| \`${code}\` | ${cells(entry).join(' | ')} |`)
const text = `# Errors

Made by \`npm run docs\` from the tables in \`packages/core/src/error-table.ts\`, \`packages/spack/src/errors.ts\` and \`packages/rpc/src/errors.ts\`: do not edit.

Everything that goes wrong is a \`StalkError\` with a \`code\`; a caller's misuse is a \`TypeError\` or a \`RangeError\`. Codes keep their meaning
for ever, messages may change. \`error.fault\` says whose doing it is: \`local\` (this side), \`peer\`, or \`transport\` (the line between). What a peer is told: over stalk/1 nothing, the line is closed before the handshake is done and reset afterwards;
over stalk/2 one CLOSE with a code (SPEC, stalk/2 §8) as soon as there are keys, before that nothing, or a refusal in clear.

| code | fault | when | what to do |
| --- | --- | --- | --- |
${rows(errorTable, ({ fault, when, remedy }) => [`\`${fault}\``, when, remedy]).join('\n')}

## SpackError

What \`encode\` and \`decode\` of \`@stalk/spack\` throw; over a connection it is the \`cause\` of \`STALK1_PACKET_INVALID\`, \`PEER_MESSAGE_INVALID\` or \`MESSAGE_INVALID\`.

| code | when | what to do |
| --- | --- | --- |
${rows(spackErrorTable, ({ when, remedy }) => [when, remedy]).join('\n')}

## RpcError

What calls of \`@stalk/rpc\` fail with, besides the codes of their contract.

| code | fault | when | what to do |
| --- | --- | --- | --- |
${rows(rpcErrorTable, ({ fault, when, remedy }) => [`\`${fault}\``, when, remedy]).join('\n')}

## The command

\`stalk\` has some codes of its own, beside those above:

| code | when |
| --- | --- |
| \`USAGE\` | An option, an argument or a command is wrong. |
| \`INPUT_INVALID\` | A line of the standard input is no message. |
| \`INPUT_UNREADABLE\` | A file, or the standard input, could not be read: the message has the reason. |
| \`PEER_CLOSED\` | The peer closed before it took, or replied to, a line of the input; or while it was measured. |
| \`PIPE_CUT\` | The other side of \`stalk pipe\` ended before it had sent everything. |
| \`PIPE_DAMAGED\` | What arrived through \`stalk pipe\` is not what was sent, or not of its protocol. |
| \`PIPE_UNWANTED\` | The other side of \`stalk pipe\` sends bytes, and this one has nowhere to put them. |
| \`OUTPUT_FAILED\` | The standard output, or the file of \`--output\`, could not be written, such as on a full disk. |
`

/** The document, formatted as the file that it is written to. */
export async function errorDocs(file) {
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' })
}
