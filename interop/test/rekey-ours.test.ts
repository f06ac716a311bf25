// Our key changes, and the peer follows.
import { testRekey } from '../support/rekey.js'

await testRekey({ ours: 'client', leads: 'ours', suite: 1 })
