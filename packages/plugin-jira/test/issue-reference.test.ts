import { Rejected, type TicketId } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { issueId, parseIssueReference } from '../src/issue-reference.ts'

const sites = ['https://api.atlassian.com/ex/jira/abc', 'https://site.atlassian.net']

describe('parseIssueReference', () => {
  test.each([
    ['SEC-17'],
    [' sec-17 '],
    ['https://site.atlassian.net/browse/SEC-17'],
    ['https://site.atlassian.net/browse/SEC-17?focusedCommentId=5#comment-5'],
    ['https://site.atlassian.net/jira/software/projects/SEC/boards/1?selectedIssue=SEC-17'],
    ['https://site.atlassian.net/jira/core/projects/SEC/issues/SEC-17'],
    ['https://site.atlassian.net/projects/SEC/issues/SEC-17'],
    ['https://site.atlassian.net/projects/SEC/queues/custom/4/SEC-17'],
    ['https://site.atlassian.net/issues/SEC-17'],
  ])('reads %j', (reference) => {
    expect(parseIssueReference(reference, sites)).toBe('SEC-17')
  })

  test.each([
    ['https://jira.example.com/jira/browse/SEC-17', 'SEC-17'],
    ['https://jira.example.com/browse/SEC-17', null],
    ['https://jira.example.com/jira2/browse/SEC-17', null],
  ])('heeds the context path in %j', (reference, key) => {
    const parse = () => parseIssueReference(reference, ['https://jira.example.com/jira'])
    if (key === null) expect(parse).toThrow(/not the connected Jira/u)
    else expect(parse()).toBe(key)
  })

  test.each([
    [''],
    ['17'],
    ['SEC-0'],
    ['SEC-17/../X'],
    ['SEC-17?x=y'],
    ['-17'],
    ['https://evil.example/browse/SEC-17'],
    ['https://site.atlassian.net.evil.example/browse/SEC-17'],
    ['https://site.atlassian.net@evil.example/browse/SEC-17'],
    ['https://site.atlassian.net/projects/SEC'],
    ['javascript:SEC-17'],
  ])('refuses %j', (reference) => {
    expect(() => parseIssueReference(reference, sites)).toThrow(Rejected)
  })
})

describe('issueId', () => {
  test.each([[''], ['SEC-1'], ['1/../2'], ['1?x'], ['٣'], ['1'.repeat(20)]])('refuses %j', (id) => {
    expect(() => issueId({ id: id as TicketId, key: 'SEC-1' })).toThrow(Rejected)
  })
})
