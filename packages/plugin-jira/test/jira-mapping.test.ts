import { sampleDraft } from '@tripline/adapter-testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textLength, toContent, toCreateBody, toDate, toLabels, toText } from '../src/jira-mapping.ts'
import type { JiraIssue } from '../src/jira-payloads.ts'
import { arbitraryDocument } from './arbitrary-document.ts'
import { type Deployment, jiraSettings } from './jira-world.ts'

const settingsOf = (deployment: Deployment, change: Record<string, unknown> = {}) =>
  jiraSettings('https://jira.example', deployment, change)

describe.each(['cloud', 'data-center'] as const)('texts for %s', (deployment) => {
  test('fit the limit once rendered, whatever they say', () => {
    const settings = settingsOf(deployment, { textLimit: 700 })
    fc.assert(
      fc.property(arbitraryDocument, (document) => {
        const text = toText(document, settings)
        expect((typeof text === 'string' ? text : JSON.stringify(text)).length).toBeLessThanOrEqual(700)
      }),
    )
  })

  test('are left as they are when they fit', () => {
    const { description } = sampleDraft()
    const settings = settingsOf(deployment)
    expect(textLength(description, settings)).toBeLessThan(2_000)
    expect(toText(description, settings)).toEqual(
      toText(description, settingsOf(deployment, { textLimit: 2_000 })),
    )
  })
})

describe('toCreateBody', () => {
  test('names an issue type by its id when digits are given', () => {
    const typeOf = (issueType: string) => {
      const { fields } = toCreateBody(sampleDraft(), settingsOf('cloud', { issueType }))
      return (fields as { issuetype: unknown }).issuetype
    }
    expect(typeOf('10003')).toEqual({ id: '10003' })
    expect(typeOf('Incident')).toEqual({ name: 'Incident' })
  })

  test('leaves the priority to Jira when none is given', () => {
    expect(toCreateBody(sampleDraft(), settingsOf('cloud'))['fields']).not.toHaveProperty('priority')
  })
})

describe('toLabels', () => {
  test('makes a sorted set of words', () => {
    expect(toLabels(['b', 'a b', 'b', ' ', 'a\u00a0\tc', 'x'.repeat(400)])).toEqual([
      'a_b',
      'a_c',
      'b',
      `${'x'.repeat(254)}…`,
    ])
  })
})

describe('toContent', () => {
  const fields = {
    summary: 'S',
    description: 'one\r\ntwo \n',
    priority: { id: '2', name: 'High' },
    labels: ['trip-1', 'b', 'a'],
  } as JiraIssue['fields']

  test('leaves out the label that is the proof of origin, and no other', () => {
    const properties = { tripline: { dedupeKey: 'trip-1' } }
    expect(toContent({ fields, properties }).labels).toBe('a b')
    for (const other of [
      undefined,
      {},
      { tripline: null },
      { tripline: 'trip-1' },
      { tripline: { dedupeKey: 7 } },
    ]) {
      expect(toContent({ fields, ...(other === undefined ? {} : { properties: other }) }).labels).toBe(
        'a b trip-1',
      )
    }
  })

  test('does not mind how lines end', () => {
    expect(toContent({ fields }).description).toBe('one\ntwo')
  })

  test('is empty for an issue without any', () => {
    const empty = { summary: null, description: null, priority: null, labels: null } as JiraIssue['fields']
    expect(toContent({ fields: empty })).toEqual({
      summary: null,
      description: '',
      priority: null,
      labels: '',
    })
  })
})

describe('toDate', () => {
  test('reads offsets without a colon', () => {
    expect(toDate('2026-11-24T07:30:00.000+0530')).toEqual(new Date('2026-11-24T02:00:00Z'))
    expect(() => toDate('yesterday')).toThrow(/instant/u)
  })
})
