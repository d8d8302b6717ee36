import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { insertKey } from '../../src/access/api-keys.ts'
import { findPython } from './python-requests.ts'
import { origin, record, startRestApp } from './rest-app.ts'
import { startTlsListener } from './tls-listener.ts'

const folder = new URL('../fixtures/extrahop-document/', import.meta.url)
const script = fileURLToPath(new URL('update_detections.py', folder))

// Where Python has to be installed first.
const TEST_MS = 180_000

it(
  'the Python script of the document updates three detections, as it stands',
  { timeout: TEST_MS },
  async (context) => {
    const found = await findPython()
    if ('reason' in found) return context.skip(`Not run: ${found.reason}.`)
    const text = await readFile(script, 'utf8')
    const key = /API_KEY = '(?<key>[^']+)'/u.exec(text)?.groups?.['key'] ?? ''
    const name = new URL(/HOST = '(?<host>[^']+)'/u.exec(text)?.groups?.['host'] ?? '').hostname

    await using rest = await startRestApp()
    await rest.app.database
      .transaction()
      .execute((transaction) =>
        insertKey(
          transaction,
          { name: 'document script', role: 'integration', username: null, expiresAt: null, key },
          origin,
        ),
      )
    await rest.ingest(record(1), record(2, { status: 'acknowledged' }), record(3), record(4))
    await using listener = await startTlsListener(name, rest.app.url)

    const { stdout, stderr } = await promisify(execFile)(found.python, [script], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PYTHONPATH: fileURLToPath(new URL('python', folder)),
        PYTHONDONTWRITEBYTECODE: '1',
        TEST_CONSOLE: `${name}:${listener.port}`,
        REQUESTS_CA_BUNDLE: listener.certificateFile,
      },
      timeout: 60_000,
    })
    expect(stderr).toBe('')
    // The status and the empty body of each.
    expect(stdout).toBe('204\n\n204\n\n204\n\n')
    const body = { sort: { field: 'id' } }
    const { json } = await rest.call('POST', '/api/v1/detections/search', { body })
    expect(json).toMatchObject([
      { id: 1, ticket_id: 'TK-16982', status: 'new', assignee: 'sally', resolution: null },
      { id: 2, ticket_id: 'TK-2078', status: null, assignee: 'jim', resolution: null },
      { id: 3, ticket_id: 'TK-3452', status: null, assignee: 'alex', resolution: null },
      { id: 4, ticket_id: null, status: null, assignee: null, resolution: null },
    ])
    expect(await rest.changes('1')).toMatchObject([
      { kind: 'TRACKING_CHANGED', actor: { kind: 'integration', name: 'document script' } },
    ])
  },
)
