// Our half of the conversation that peer/conversation.py has: one side leads, the other echoes and does as it is asked.
import assert from 'node:assert/strict'
import { Spack, StalkError, type Channel, type Connection } from '@stalk/core'
import { describeMessage, type Described } from './describe.js'

export type Ending = 'end' | 'they-end-first' | 'reason' | 'their-reason'

/** What a side saw and said, by the name of the channel. */
export interface Said {
  readonly event: 'sent' | 'received'
  readonly channel: string
  readonly elements: readonly Described[]
}

export interface Plan {
  readonly ending: Ending
  /** Bytes of the one large message; 0: none. */
  readonly large: number
  /** Whoever leads sends so much that its key changes. */
  readonly rekey: boolean
}

const please = 'please'
const CONNECTION = 'connection'

function samples(): Spack[] {
  const nested = Array.from({ length: 63 }).reduce<unknown[]>((inner) => [inner], [])
  return [
    new Spack(),
    new Spack()
      .integer(0)
      .integer(-1)
      .integer(Number.MAX_SAFE_INTEGER)
      .integer(-(2n ** 200n))
      .bigint(5n),
    new Spack().float32(1.5).float32(-Infinity).float64(-0).float64(NaN).float64(5e-324),
    new Spack().byte(255).string('').string('é\u0000\ufeff𝄞').null().boolean(true).boolean(false),
    new Spack()
      .integers([1, -64, 2n ** 70n])
      .float32s([0.5, -0.5])
      .float64s([0.1])
      .bytes(Uint8Array.of(0, 255)),
    new Spack().integers([]).float32s([]).float64s([]).bytes(new Uint8Array()),
    new Spack().date(-1).date(8_640_000_000_000_000),
    Spack.from({
      b: [],
      a: ['x', null, Uint8Array.of(0)],
      '': {},
      deep: [{ n: -(2n ** 64n), d: new Date(981_173_106_007) }],
    }),
    Spack.from(nested),
  ]
}

function large(bytes: number): Spack {
  const content = new Uint8Array(bytes)
  for (let index = 0; index < bytes; index += 1) content[index] = index % 251
  return new Spack().string('large').bytes(content)
}

/** A line of messages: a connection or a channel. */
type Line = Pick<Connection, 'send' | 'receive'>

export class Conversation {
  readonly said: Said[] = []
  readonly #connection: Connection
  readonly #plan: Plan

  constructor(connection: Connection, plan: Plan) {
    this.#connection = connection
    this.#plan = plan
  }

  async lead(): Promise<void> {
    const connection = this.#connection
    for (const message of samples()) await this.#exchange(connection, CONNECTION, message)
    if (this.#plan.large > 0) await this.#exchange(connection, CONNECTION, large(this.#plan.large))
    if (this.#plan.rekey) await this.#rekey()
    if (connection.hasChannels) await this.#leadChannels()
    switch (this.#plan.ending) {
      case 'reason':
        return connection.close({ code: 0x4001, reason: 'enough' })
      case 'their-reason':
        this.#ask('close with a reason')
        await connection.receive()
        return
      case 'they-end-first':
        this.#ask('end first')
        assert.equal(await this.#receive(connection, CONNECTION), null)
        this.#send(connection, CONNECTION, new Spack().string('after your end'))
        await connection.end()
        break
      case 'end':
        await connection.end()
        for (let count = 0; count < 2; count += 1) assert.ok(await this.#receive(connection, CONNECTION))
        assert.equal(await this.#receive(connection, CONNECTION), null)
    }
    await connection.closed
  }

  /** 2^20 records of 512 bytes, which is when a key changes. */
  async #rekey(): Promise<void> {
    const message = new Spack().string('drop').bytes(new Uint8Array(2 ** 24 - 64))
    for (let count = 0; count < 34; count += 1) {
      this.#send(this.#connection, CONNECTION, message)
      await this.#connection.flush()
    }
    await this.#exchange(this.#connection, CONNECTION, new Spack().string('after the change of our key'))
  }

  async #leadChannels(): Promise<void> {
    const connection = this.#connection
    const echo = connection.openChannel('echo')
    for (const message of samples()) await this.#exchange(echo, 'echo', message)
    await this.#exchange(echo, 'echo', large(Math.max(this.#plan.large, 200_000)))
    await echo.end()
    assert.equal(await this.#receive(echo, 'echo'), null)
    this.#ask('open a channel')
    const back = await connection.acceptChannel()
    assert.equal(back?.name, 'back')
    const message = await this.#receive(back, 'back')
    assert.ok(message)
    this.#send(back, 'back', message)
    assert.equal(await this.#receive(back, 'back'), null)
    await back.end()
    const refused = connection.openChannel('refuse me', { priority: 'bulk' })
    this.#send(refused, 'refuse me', new Spack().integer(1))
    await assert.rejects(refused.receive(), { code: 'CHANNEL_RESET', peer: { code: 1, reason: 'refused' } })
  }

  async follow(): Promise<void> {
    const connection = this.#connection
    const channels = connection.hasChannels ? this.#followChannels() : null
    for (;;) {
      const message = await this.#receive(connection, CONNECTION)
      if (message === null) break
      const [first, what] = message.values()
      if (first !== please) this.#sendUnlessEnded(message)
      else if (what === 'open a channel') await this.#open()
      else if (what === 'end first') await this.#end()
      else return connection.close({ code: 0x4002, reason: 'as you wish' })
    }
    if (!this.#hasEnded) {
      for (let count = 0; count < 2; count += 1)
        this.#send(connection, CONNECTION, new Spack().string('after your end'))
      await connection.end()
    }
    await channels
    await connection.closed
  }

  #hasEnded = false

  async #end(): Promise<void> {
    this.#hasEnded = true
    await this.#connection.end()
  }

  #sendUnlessEnded(message: Spack): void {
    if (!this.#hasEnded) this.#send(this.#connection, CONNECTION, message)
  }

  async #open(): Promise<void> {
    const back = this.#connection.openChannel('back')
    this.#send(back, 'back', new Spack().string('from the other side'))
    assert.ok(await this.#receive(back, 'back'))
    await back.end()
    assert.equal(await this.#receive(back, 'back'), null)
  }

  async #followChannels(): Promise<void> {
    try {
      for await (const channel of this.#connection.channels()) await this.#followChannel(channel)
    } catch (error) {
      // the connection has the same error, and whoever waits for it hears of that
      if (!(error instanceof StalkError)) throw error
    }
  }

  async #followChannel(channel: Channel): Promise<void> {
    if (channel.name === 'refuse me') {
      assert.ok(await this.#receive(channel, channel.name))
      channel.abort({ code: 1, reason: 'refused' })
      return
    }
    for (;;) {
      const message = await this.#receive(channel, channel.name)
      if (message === null) break
      this.#send(channel, channel.name, message)
    }
    await channel.end()
  }

  async #exchange(line: Line, channel: string, message: Spack): Promise<void> {
    this.#send(line, channel, message)
    const echo = await this.#receive(line, channel)
    assert.deepEqual(echo === null ? null : describeMessage(echo), describeMessage(message), 'the echo differs')
  }

  #ask(what: string): void {
    this.#send(this.#connection, CONNECTION, new Spack().string(please).string(what))
  }

  #send(line: Line, channel: string, message: Spack): void {
    this.said.push({ event: 'sent', channel, elements: describeMessage(message) })
    line.send(message)
  }

  async #receive(line: Line, channel: string): Promise<Spack | null> {
    const message = await line.receive()
    if (message !== null) this.said.push({ event: 'received', channel, elements: describeMessage(message) })
    return message
  }
}
