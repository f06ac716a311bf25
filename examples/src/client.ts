import { connect, Identity, Spack } from '@stalk/core'

const identity = await Identity.load('keys/client')
const serverIdentity = await Identity.loadPublic('keys/server') // only its id_pub is needed here
const port = Number(process.env['PORT'] ?? 4000)
const connection = await connect('127.0.0.1', port, { identity, serverIdentity })
connection.send(new Spack().string('hello'))
console.log((await connection.receive())?.values())
await connection.close()
