// npm run locks
import { faultsOfFile, lockFiles } from './lock-files.js'

for (const file of lockFiles) {
  for (const fault of faultsOfFile(file)) {
    console.error(`${file}: ${fault}`)
    process.exitCode = 1
  }
}
