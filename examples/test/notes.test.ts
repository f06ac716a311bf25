import assert from 'node:assert/strict'
import { appendFile, writeFile } from 'node:fs/promises'
import { before, test } from 'node:test'
import { connect, Spack, type Connection, type Identity } from '@stalk/core'
import { Stage } from './support/example-process.js'

const host = '127.0.0.1'
const stage = await Stage.set()
let service: ReturnType<Stage['run']>
let port: number
let metricsUrl = ''
let [identity, ada, bert]: Identity[] = []

before(async () => {
  ;[identity, ada, bert] = await Promise.all(['service', 'ada', 'bert'].map((name) => stage.identity(name)))
  await writeFile(stage.path('authorized_peers'), `${ada!.fingerprint} Ada\n`)
  service = stage.run('notes/service', 'service', stage.path('authorized_peers'), host, 0, 0)
  port = await service.port()
  metricsUrl = (await service.seen(/^metrics on (\S+)$/mu))[1] ?? ''
})

const run = (who: string, ...words: string[]) =>
  stage.run('notes/client', who, host, port, identity!.fingerprint, ...words).finished()
const connectAda = (): Promise<Connection> =>
  connect(host, port, { identity: ada!, serverIdentity: identity!, applicationProtocols: ['notes/1'] })
const metrics = async (): Promise<string> => {
  const response = await fetch(metricsUrl)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/u)
  return response.text()
}

test('notes: who is on the list comes in, others learn why not, and Prometheus sees both', async () => {
  const [put, refused] = await Promise.all([run('ada', 'put', 'milk', 'two bottles'), run('bert', 'list')])
  assert.deepEqual([put.code, put.stderr], [0, ''])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /you are not on the list.*REJECTED_NOT_ALLOWED/u)

  const connection = await connectAda()
  connection.send(Spack.of(['string', 'get'], ['string', 'milk']))
  assert.deepEqual((await connection.receive())?.values(), ['ok', 'two bottles'])
  const text = await metrics()
  await connection.close()
  for (const expected of [
    /^# TYPE stalk_connections gauge$/mu,
    /^stalk_connections [12]$/mu,
    /^# TYPE stalk_connections_established_total counter$/mu,
    /^stalk_connections_established_total 2$/mu,
    /^stalk_messages_received_total 2$/mu,
    /^stalk_messages_sent_total 2$/mu,
    /^stalk_received_bytes_total [1-9]\d+$/mu,
    /^stalk_handshakes_failed_total\{code="NOT_AUTHORIZED"\} 1$/mu,
  ]) {
    assert.match(text, expected)
  }
  assert.match(await metrics(), /^stalk_connections_established_total 2$/mu, 'read twice, counted once')
})

test('notes: a list that changes counts from then on, and everybody has notes of their own', async () => {
  await appendFile(stage.path('authorized_peers'), `${bert!.fingerprint} Bert\n`)
  assert.deepEqual(await run('bert', 'get', 'milk'), { code: 1, stdout: 'there is no such note\n', stderr: '' })
})

test('notes: SIGTERM ends the service after it has answered what has arrived', async () => {
  const [connection, idle] = await Promise.all([connectAda(), connectAda()])
  const count = 500
  for (let n = 0; n < count; n += 1) connection.send(Spack.of(['string', 'put'], ['string', 'n'], ['string', `${n}`]))
  await connection.confirm()
  service.child.kill('SIGTERM')
  let answers = 0
  for await (const answer of connection) {
    assert.deepEqual(answer.values(), ['ok'])
    answers += 1
  }
  assert.equal(answers, count)
  assert.equal(await idle.receive(), null)
  await Promise.all([connection.close(), idle.close()])
  const { code, stderr } = await service.finished()
  assert.deepEqual([code, stderr.split('\n').length], [0, 2], `only the stranger of before: ${stderr}`)
})
