import { describe, expect, test } from 'vitest'
import type { JiraTransition } from '../src/jira-payloads.ts'
import { chooseTransition } from '../src/transition-choice.ts'

const none = { resolutionId: null, fields: {} }
const transition = (
  id: string,
  to: string,
  category: string,
  fields: JiraTransition['fields'] = {},
): JiraTransition => ({
  id,
  name: `to ${to}`,
  to: { id: to, name: to, statusCategory: { key: category } },
  fields,
})
const required = { required: true, hasDefaultValue: false }

describe('chooseTransition', () => {
  test('takes the one that leads to the id', () => {
    const choice = chooseTransition(
      [transition('1', 'a', 'new'), transition('2', 'b', 'done')],
      { id: 'b' },
      none,
    )
    expect(choice).toMatchObject({ transition: { id: '2' }, fields: {}, missing: [] })
  })

  test('takes the first of a category that asks for nothing it cannot give', () => {
    const transitions = [
      transition('1', 'a', 'done', { customfield_1: { ...required, name: 'Root cause' } }),
      transition('2', 'b', 'done', { resolution: required }),
      transition('3', 'c', 'done'),
    ]
    const target = { category: 'done' } as const
    expect(chooseTransition(transitions, target, none)).toMatchObject({ transition: { id: '3' } })
    expect(chooseTransition(transitions.slice(0, 2), target, { ...none, resolutionId: '7' })).toMatchObject({
      transition: { id: '2' },
      fields: { resolution: { id: '7' } },
    })
  })

  test('names the fields that are missing', () => {
    const fields = {
      resolution: required,
      customfield_1: { ...required, name: 'Root cause' },
      customfield_2: { required: true, hasDefaultValue: true },
      comment: { required: false },
    }
    expect(chooseTransition([transition('1', 'a', 'done', fields)], { id: 'a' }, none)).toMatchObject({
      transition: { id: '1' },
      missing: ['resolution', 'Root cause (customfield_1)'],
    })
  })

  test('sends a resolution only where the screen has it, and other fields as they are mapped', () => {
    const values = { resolutionId: '7', fields: { customfield_1: 'x' } }
    expect(chooseTransition([transition('1', 'a', 'done')], { id: 'a' }, values)).toMatchObject({
      fields: { customfield_1: 'x' },
    })
  })

  test('passes over transitions that are not available, and says where the others lead', () => {
    const transitions = [{ ...transition('1', 'a', 'done'), isAvailable: false }, transition('2', 'b', 'new')]
    expect(chooseTransition(transitions, { id: 'a' }, none)).toEqual({
      transition: null,
      available: ['a', 'b'],
    })
  })
})
