// Messages with a schema: a client sends typed readings, the server takes them, and what does not fit is refused by name.
import { connect, Identity, listen, SpackError } from '@stalk/core'
import {
  float64,
  float64Array,
  integer,
  list,
  nothing,
  optional,
  schema,
  string,
  struct,
  union,
  type Infer,
} from '@stalk/spack/schema'

const Reading = schema({
  seq: integer,
  at: float64,
  name: string,
  samples: float64Array,
  tags: optional(list(string)),
  place: struct({ lat: float64, lon: float64 }),
  state: union({ idle: nothing, moving: struct({ speed: float64 }) }),
})
type Reading = Infer<typeof Reading>

const server = await Identity.generate({ type: 'ed25519' })
const client = await Identity.generate({ type: 'ed25519' })
const listener = await listen(
  '127.0.0.1',
  0,
  async (connection) => {
    for (;;) {
      try {
        const reading = await connection.receiveTyped(Reading)
        if (reading === null) return
        const { name, samples, state } = reading
        console.log(name, samples, state.type === 'moving' ? `moves at ${state.value.speed}` : 'is idle')
      } catch (error) {
        if (!(error instanceof SpackError)) throw error
        console.log(error.code, error.message)
      }
    }
  },
  { identity: server },
)

const connection = await connect('127.0.0.1', listener.port, { identity: client, serverIdentity: server })
const reading: Reading = {
  seq: 1,
  at: 0.5,
  name: 'buoy',
  samples: Float64Array.of(0.25, 0.5),
  place: { lat: 54.1, lon: 7.9 },
  state: { type: 'moving', value: { speed: 1.5 } },
}
connection.sendTyped(Reading, reading)
// somebody with another schema: its place has no longitude
const Other = schema({
  seq: integer,
  at: float64,
  name: string,
  samples: float64Array,
  tags: optional(list(string)),
  place: struct({ lat: float64 }),
})
connection.sendTyped(Other, { ...reading, place: { lat: 54.1 } })
await connection.close()
await listener.close()
