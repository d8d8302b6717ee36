import { expect, test } from 'vitest'
import { documentId } from '../src/document-id.ts'

const at = new Date('2026-11-20T12:00:00.123Z')

test('a document has the same id whenever its message is sent, and no other document has it', () => {
  const id = documentId('17', at, 0)
  expect(documentId('17', at, 0)).toEqual(id)
  const others = [
    documentId('17', at, 1),
    documentId('18', at, 0),
    documentId('17', new Date(at.getTime() + 1), 0),
  ]
  expect(new Set([id, ...others].map(String)).size).toBe(4)
  expect(id.getTimestamp()).toEqual(new Date('2026-11-20T12:00:00Z'))
})
