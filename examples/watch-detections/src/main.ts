import { openJournal } from './journal.ts'
import { watchDetections } from './watch.ts'

const [file, filter = '{}'] = process.argv.slice(2)
const apiKey = process.env['TRIPLINE_API_KEY']
if (file === undefined || apiKey === undefined) {
  process.stderr.write('Usage: TRIPLINE_API_KEY=... node src/main.ts JOURNAL [FILTER AS JSON]\n')
  process.exit(2)
}
const url = `${process.env['TRIPLINE_URL'] ?? 'http://127.0.0.1:4000'}/graphql`
await watchDetections({
  url,
  apiKey,
  filter: JSON.parse(filter) as Record<string, unknown>,
  journal: await openJournal(file),
  show: (line) => process.stdout.write(`${line}\n`),
})
