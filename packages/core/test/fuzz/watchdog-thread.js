// The thread of watchdog.ts: plain JavaScript, as the loaders of the process are not there in its threads.
import { writeSync } from 'node:fs'
import { setInterval } from 'node:timers'
import { workerData } from 'node:worker_threads'

const { name, state, input, secondsToHang } = workerData
let seen = -1
let since = 0
setInterval(() => {
  const begun = Atomics.load(state, 0)
  since = begun === seen ? since + 1 : 0
  seen = begun
  if (since < secondsToHang) return
  const digits = Buffer.from(input.slice(0, Atomics.load(state, 1))).toString('hex')
  writeSync(2, `${name} has not ended after ${secondsToHang} s: npm run fuzz -- --target ${name} --input ${digits}\n`)
  process.kill(process.pid, 'SIGKILL')
}, 1000)
