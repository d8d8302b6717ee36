import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defaultNotificationTemplate,
  fillNotification,
  notificationTemplateSchema,
  notificationVariableNames,
  notificationVariables,
  type JsonValue,
} from '../src/index.ts'
import { anyText } from './model/any-text.ts'
import { sampleDetection } from './model/sample-detection.ts'

const variables = notificationVariables(
  sampleDetection({ riskScore: 83, categories: ['sec', 'sec.dos'] }),
  null,
)

describe('a notification template', () => {
  it('keeps the type of a variable that stands alone, and writes it as text within a text', () => {
    const template = {
      score: '${risk_score}',
      list: '${categories}',
      nobody: '${assignee}',
      text: 'Risk ${risk_score} of ${title} for ${assignee}.',
      n: 5,
    }
    expect(fillNotification(template, variables)).toEqual({
      score: 83,
      list: ['sec', 'sec.dos'],
      nobody: null,
      text: 'Risk 83 of Rogue DHCP server for .',
      n: 5,
    })
  })

  it('has every variable by default', () => {
    expect(Object.keys(variables)).toEqual([...notificationVariableNames])
    expect(fillNotification(defaultNotificationTemplate, variables)).toEqual(variables)
  })

  it.each(['${nothing}', { a: ['x ${constructor} y'] }, '${}', '${__proto__}'] as const)(
    'refuses %j',
    (template) => {
      expect(notificationTemplateSchema.safeParse(template).success).toBe(false)
    },
  )

  it('leaves alone what is no placeholder', () => {
    const template = ['$5', '{title}', '$title', '${title']
    expect(fillNotification(notificationTemplateSchema.parse(template), variables)).toEqual(template)
  })

  it('has the same shape and stays JSON, whatever a detection says', () => {
    fc.assert(
      fc.property(anyText(60), fc.constantFrom('${title}', '"', '\\', '${id}'), (text, trick) => {
        const title = `x${text}${trick}`
        const detection = sampleDetection({ title })
        const filled = fillNotification(
          { alone: '${title}', within: '<${title}>' },
          notificationVariables(detection, null),
        )
        const back: JsonValue = JSON.parse(JSON.stringify(filled)) as JsonValue
        expect(back).toEqual({ alone: detection.title, within: `<${detection.title}>` })
      }),
    )
  })
})
