// npm run fuzz: see docs/ARCHITECTURE.md.
import { fuzzCommand } from './command.js'

process.exitCode = await fuzzCommand(process.argv.slice(2))
