import { describe, expect, test } from 'vitest'
import {
  defaultTrackingSettings,
  defaultTransitions,
  InvalidSettings,
  parseTrackingSettings,
  trackingMode,
} from '../src/index.ts'

describe('Tracking settings', () => {
  test('default to internal tracking, any transition and no ticket links', () => {
    expect(defaultTrackingSettings).toEqual({
      internalTracking: true,
      externalTracking: false,
      ticketUrlTemplate: null,
      transitions: defaultTransitions,
    })
  })

  test.each([
    [true, false, 'internal'],
    [false, true, 'external'],
    [true, true, 'both'],
    [false, false, 'neither'],
  ] as const)('internal %s and external %s make the mode %s', (internalTracking, externalTracking, mode) => {
    expect(trackingMode({ internalTracking, externalTracking })).toBe(mode)
  })

  test.each([
    ['https://jira.example.com/browse/', /must contain \$ticket_id/],
    ['javascript:alert($ticket_id)', /javascript: is refused/],
    ['data:text/html,$ticket_id', /data: is refused/],
    ['//jira.example.com/$ticket_id', /begins with http/],
    ['https://$ticket_id.example.com/', /after the host name/],
    ['https://user:secret@jira.example.com/$ticket_id', /user name or password/],
    ['https://jira.example.com/a b/$ticket_id', /white space/],
  ])('refuse the URL template %s', (ticketUrlTemplate, reason) => {
    expect(() => parseTrackingSettings({ ticketUrlTemplate })).toThrow(reason)
    expect(() => parseTrackingSettings({ ticketUrlTemplate })).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: 'ticketUrlTemplate' })] }),
    )
  })

  test('never echo the password of a refused template', () => {
    const ticketUrlTemplate = 'https://user:hunter2@jira.example.com/$ticket_id'
    expect(() => parseTrackingSettings({ ticketUrlTemplate })).not.toThrow(/hunter2/)
  })

  test('refuse a transition table with dead ends, and one that leaves a status out', () => {
    const transitions = { ...defaultTransitions, new: [] }
    expect(() => parseTrackingSettings({ transitions })).toThrow(/closed cannot be reached from new/)
    const { new: _, ...incomplete } = defaultTransitions
    expect(() => parseTrackingSettings({ transitions: incomplete })).toThrow(InvalidSettings)
    expect(() => parseTrackingSettings({ transitions: { ...defaultTransitions, done: [] } })).toThrow(
      InvalidSettings,
    )
  })

  test('name every problem at once', () => {
    expect(() => parseTrackingSettings({ internalTracking: 'yes', ticketUrlTemplate: 'x' })).toThrow(
      expect.objectContaining({ issues: [expect.anything(), expect.anything()] }),
    )
  })
})
