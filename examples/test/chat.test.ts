import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { connect, Spack } from '@stalk/core'
import { Stage } from './support/example-process.js'

const stage = await Stage.set()

test('chat: what one says the others read, a name is its owner’s, and a server that is not the known one is refused', async () => {
  const [identity, , , other] = await Promise.all(['server', 'ada', 'bert', 'other'].map((one) => stage.identity(one)))
  const server = stage.run('chat/server', 'server', '127.0.0.1', 0)
  const port = await server.port()
  const join = (who: string, name: string) => stage.run('chat/client', who, '127.0.0.1', port, name)

  const ada = join('ada', 'ada')
  await ada.seen(/^\* ada \[[\w-]{8}\] joined$/mu)
  const bert = join('bert', 'bert')
  await writeFile(stage.path('other', 'known_peers'), `127.0.0.1:${port} ${other!.toString()}\n`)
  const wary = join('other', 'wary')
  await bert.seen(/^\* ada \[[\w-]{8}\] is here\n\* bert \[[\w-]{8}\] joined$/mu)
  await ada.seen(/^\* bert \[[\w-]{8}\] joined$/mu)
  ada.child.stdin.write('hello bert\n')
  await bert.seen(/^ada \[[\w-]{8}\]: hello bert$/mu)
  bert.child.stdin.write('\u001b[2Jhello ada\n')
  await ada.seen(/^bert \[[\w-]{8}\]: \\u001b\[2Jhello ada$/mu)

  const impostor = await connect('127.0.0.1', port, {
    identity: other!,
    serverIdentity: identity!,
    applicationProtocols: ['chat/1'],
  })
  impostor.send(new Spack().string('ada'))
  await assert.rejects(impostor.receive(), { code: 'CLOSED_BY_PEER', message: /somebody else is ada/u })
  const refused = await wary.finished()
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /HAS CHANGED.*PEER_CHANGED/u)

  ada.child.stdin.end('bye\n')
  await bert.seen(/^ada \[[\w-]{8}\]: bye\n\* ada \[[\w-]{8}\] left$/mu)
  assert.equal((await ada.finished()).code, 0)
  assert.doesNotMatch(ada.stdout, /bye|hello bert/u, 'nobody is told what it says itself')
  server.child.kill('SIGTERM')
  assert.equal((await server.finished()).code, 0)
  assert.equal((await bert.finished()).code, 0)
})
