// node --import …/register.ts: what is loaded afterwards counts its blocks.
import { register } from 'node:module'
import { countersKey, openCounters } from './counters.js'

Object.assign(globalThis, { [Symbol.for(countersKey)]: openCounters })
register('./hooks.ts', import.meta.url)
