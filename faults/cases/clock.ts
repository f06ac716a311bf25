// The wall clock of both sides is set while messages go over: nothing may depend on it. It is set for their processes alone, by libfaketime.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Hosts } from '../support/hosts.js'
import { lasting } from './lasting.js'
import { Unavailable, type Fault } from './fault.js'

const jumps = ['+1d', '-1d', '+3600d', '-3600d'] as const
/** The processes read the file anew every second. */
const JUMP_MS = 2_000

const clockFile = ({ directory }: Hosts): string => path.join(directory, 'clock')

function fakeClock(hosts: Hosts): NodeJS.ProcessEnv {
  const libraries = '/usr/lib'
  const library = readdirSync(libraries)
    .map((name) => path.join(libraries, name, 'faketime/libfaketimeMT.so.1'))
    .find((file) => existsSync(file))
  if (library === undefined)
    throw new Unavailable('there is no libfaketime (on Debian and Ubuntu, apt install libfaketime)')
  writeFileSync(clockFile(hosts), '+0')
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clockFile(hosts),
    FAKETIME_CACHE_DURATION: '1',
    // as in the kernel: what timers go by is not set with the wall clock
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}

export const clockFault: Fault = lasting({
  name: 'clock',
  what: 'the wall clock of both sides jumps: a day on, a day back, ten years on, ten years back (libfaketime)',
  stage: { env: fakeClock },
  during: async (stage, stream) => {
    const seen = []
    for (const jump of jumps) {
      writeFileSync(clockFile(stage.hosts), jump)
      await pause(JUMP_MS)
      const { wallClock = 0 } = await stage.receiver.ask(stream.fingerprint, 'stream')
      seen.push(`clock of the listener: ${new Date(wallClock).toISOString().slice(0, 10)}`)
    }
    return { seen, problems: [] }
  },
})
