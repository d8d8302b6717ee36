import { expect, test } from 'vitest'
import { startGraphqlServer } from './graphql-server.ts'

test('creates, changes, lists, previews and deletes notification rules', async () => {
  await using server = await startGraphqlServer()
  const create = `mutation ($input: CreateNotificationRuleInput!) {
    createNotificationRule(input: $input) { notificationRule { ruleId filter delivery enabled } error { code message } }
  }`
  const delivery = { kind: 'http', path: '/hook' }
  const input = { name: 'Chat', target: 'chat', delivery, filter: { riskScoreMin: 80, statuses: ['OPEN'] } }
  const { createNotificationRule: made } = await server.query(create, { input })
  expect(made).toMatchObject({
    notificationRule: {
      filter: { riskScoreMin: 80, statuses: ['open'] },
      delivery: { kind: 'http', method: 'POST', path: '/hook' },
      enabled: true,
    },
    error: null,
  })
  const refused = await server.query(create, {
    input: { ...input, filter: { startTime: { from: '2026-01-01T00:00:00Z' } } },
  })
  expect(refused.createNotificationRule.error.code).toBe('INVALID_INPUT')

  const { ruleId } = made.notificationRule
  const update = `mutation ($input: UpdateNotificationRuleInput!) {
    updateNotificationRule(input: $input) { notificationRule { name version target } error { code } }
  }`
  expect(await server.query(update, { input: { ruleId, name: 'Team', expectedVersion: 1 } })).toEqual({
    updateNotificationRule: {
      notificationRule: { name: 'Team', version: 2, target: 'chat' },
      error: null,
    },
  })

  const [detectionId] = await server.ingest({ title: 'Burst "x"', riskScore: 90 })
  const preview = `mutation ($input: PreviewNotificationInput!) {
    previewNotification(input: $input) { payload error { code } }
  }`
  const template = { text: '${title}: ${risk_score}', url: '${url}' }
  const shown = await server.query(preview, { input: { detectionId, delivery, template } })
  expect(JSON.parse(shown.previewNotification.payload)).toEqual({
    text: 'Burst "x": 90',
    url: `https://tripline.example/detections/${detectionId}`,
  })

  expect(await server.query('{ notificationRules { name sentCount lastRefusal { reason } } }')).toEqual({
    notificationRules: [{ name: 'Team', sentCount: 0, lastRefusal: null }],
  })
  const remove = 'mutation ($id: ID!) { deleteNotificationRule(ruleId: $id) { deletedId error { code } } }'
  expect(await server.query(remove, { id: ruleId })).toEqual({
    deleteNotificationRule: { deletedId: ruleId, error: null },
  })
  const { errors } = await server.request('{ notificationRules { name } }', {
    key: await server.key('viewer', 'vic'),
  })
  expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
})
