// The peer’s key changes, and we follow.
import { testRekey } from '../support/rekey.js'

await testRekey({ ours: 'server', leads: 'theirs', suite: 2 })
