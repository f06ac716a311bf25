// Writes transcripts.json and records.json anew: npm run testkit.
import { writeFileSync } from 'node:fs'
import { kitCases } from './cases.js'
import { encodeKitFile, kitFiles } from './files.js'
import { recordTranscript } from './record.js'
import { sealedRecords } from './sealed-records.js'

writeFileSync(kitFiles.transcripts, encodeKitFile('transcripts', kitCases.map(recordTranscript)))
writeFileSync(kitFiles.records, encodeKitFile('records', sealedRecords()))
