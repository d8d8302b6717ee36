// A process that works on the database that its argument names, until it is killed.
import { startSalesforceEngine } from './salesforce-engine.ts'

await startSalesforceEngine(process.argv[2] ?? '')
