import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ticketUrl, ticketUrlTemplateProblem } from '../src/index.ts'
import { anyText } from './model/any-text.ts'

const templates = [
  'https://jira.example.com/browse/$ticket_id',
  'http://[::1]:8080/t/$ticket_id/view',
  'https://sf.example.com/$ticket_id?tab=1#top',
] as const

describe('The address of a ticket', () => {
  test('has the id as one whole segment on the same host, whatever the id is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...templates), anyText(), (template, id) => {
        fc.pre(!['', '.', '..'].includes(id))
        const url = new URL(ticketUrl(template, id) ?? '')
        const shape = new URL(template)
        expect(url.origin).toBe(shape.origin)
        expect([url.search, url.hash]).toEqual([shape.search, shape.hash])
        const segments = url.pathname.split('/')
        const place = shape.pathname.split('/').indexOf('$ticket_id')
        expect(segments).toHaveLength(shape.pathname.split('/').length)
        expect(decodeURIComponent(segments[place] ?? '')).toBe(id.toWellFormed())
      }),
    )
  })

  test.each([
    ['../../admin', '..%2F..%2Fadmin'],
    ['1?x=y#z', '1%3Fx%3Dy%23z'],
    ['"><script>', '%22%3E%3Cscript%3E'],
    ['$&$ticket_id', '%24%26%24ticket_id'],
    ['\\\\evil.example', '%5C%5Cevil.example'],
    ['a b\n', 'a%20b%0A'],
    ['%2e%2e', '%252e%252e'],
    ['\uD800', '%EF%BF%BD'],
  ])('encodes the id %j', (id, encoded) => {
    expect(ticketUrl(templates[0], id)).toBe(`https://jira.example.com/browse/${encoded}`)
  })

  test.each(['.', '..'])('is none for the id %j, which no encoding keeps in its place', (id) => {
    for (const template of templates) expect(ticketUrl(template, id)).toBeNull()
  })

  test('holds the id wherever the template names it', () => {
    expect(ticketUrl('https://h.example/$ticket_id?id=$ticket_id', 'a&b')).toBe(
      'https://h.example/a%26b?id=a%26b',
    )
  })

  test('is not made from a template that cannot be used', () => {
    expect(() => ticketUrl('javascript:$ticket_id', '1')).toThrow(/javascript: is refused/)
  })
})

describe('A URL template', () => {
  test.each([
    ...templates,
    'HTTPS://jira.example.com/$ticket_id',
    'https://h.example/?q=$ticket_id',
    'https://h.example/#/$ticket_id',
  ])('can be %s', (template) => {
    expect(ticketUrlTemplateProblem(template)).toBeNull()
  })

  test.each([
    'https://$ticket_id',
    'https://$ticket_id/x',
    'https:///$ticket_id/x',
    'https://\\$ticket_id/x',
    'https:////$ticket_id/x',
    'https://h.example:$ticket_id/',
    'https://a.$ticket_id.example/x',
    'https://$ticket_id@h.example/$ticket_id',
    'https://u@h.example/$ticket_id',
    'https://:p@h.example/$ticket_id',
    'https://[/$ticket_id',
    'https:h.example/$ticket_id',
    ' https://h.example/$ticket_id',
    'https://h.example/\u0000$ticket_id',
    'https://h.example/\u00a0$ticket_id',
    'vbscript:$ticket_id',
    'ftp://h.example/$ticket_id',
    'file:///$ticket_id',
    '$ticket_id',
    '',
  ])('cannot be %j', (template) => {
    expect(ticketUrlTemplateProblem(template)).toEqual(expect.any(String))
  })

  test('never lets the id choose the host', () => {
    const parts = fc.constantFrom(
      '$ticket_id',
      '/',
      '\\',
      '@',
      ':',
      '.',
      'h.example',
      '8',
      '[',
      ']',
      '?',
      '#',
      '%',
    )
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 8 }),
        fc.constantFrom('evil', '80', 'a.b', '1'),
        (rest, id) => {
          const template = `https://${rest.join('')}$ticket_id`
          if (ticketUrlTemplateProblem(template) !== null) return
          expect(URL.parse(ticketUrl(template, id) ?? '')?.origin).toBe(
            URL.parse(ticketUrl(template, 'other') ?? '')?.origin,
          )
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
