import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bothWays, clientStream, implement, rpc, serverStream, service } from '#src/index.js'
import { bytes, integer, nothing } from '@stalk/spack/schema'
import { aliceConnects, bobServes, eventually } from './support/network.js'

const block = new Uint8Array(16 * 1024)

const Blocks = service('blocks', {
  down: serverStream({ request: nothing, response: bytes }),
  up: clientStream({ request: bytes, response: integer }),
  through: bothWays({ request: bytes, response: integer }),
})

test('whoever answers goes no further ahead of a slow reader than the credit of the channel', async (t) => {
  let made = 0
  const listener = await bobServes(t, [
    implement(Blocks, {
      *down() {
        for (made = 0; made < 1000; made += 1) yield block
      },
      up: () => 0,
      *through() {
        // not called
      },
    }),
  ])
  const blocks = rpc(await aliceConnects(t, listener), Blocks)
  const answers = blocks.down(null)
  await answers.next()
  await eventually(() => made > 10, 'it begins')
  await pause(200)
  const ahead = made
  assert.ok(ahead < 200, `${ahead} blocks of 16 KiB were made`)
  let count = 1
  for await (const answer of answers) count += answer.length === block.length ? 1 : 0
  assert.deepEqual([count, made], [1000, 1000])
})

test('whoever sends requests goes no further ahead of a slow handler either; one that looks at some gets the rest for nothing', async (t) => {
  let goOn: () => void = () => undefined
  const wait = new Promise<void>((resolve) => (goOn = resolve))
  const listener = await bobServes(t, [
    implement(Blocks, {
      *down() {
        // not called
      },
      async up(requests) {
        let count = 0
        for await (const request of requests) {
          if (count === 0) await wait
          count += request.length === block.length ? 1 : 0
        }
        return count
      },
      async *through(requests) {
        for await (const request of requests) {
          yield request.length
          return
        }
      },
    }),
  ])
  const blocks = rpc(await aliceConnects(t, listener), Blocks)
  let sent = 0
  const source = function* (): Generator<Uint8Array> {
    for (sent = 0; sent < 1000; sent += 1) yield block
  }
  const counted = blocks.up(source())
  await eventually(() => sent > 10, 'it begins')
  await pause(200)
  assert.ok(sent < 200, `${sent} blocks of 16 KiB were sent`)
  goOn()
  assert.deepEqual([await counted, sent], [1000, 1000])
  const answers: number[] = []
  for await (const answer of blocks.through(source())) answers.push(answer)
  assert.deepEqual(answers, [block.length])
  await eventually(() => sent < 1000, 'the source was let go of')
})
