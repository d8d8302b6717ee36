import { MultipleErrors, NetworkError, ProtocolError } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { outcomeOfFault } from '../src/kafka-fault.ts'

test.each([
  ['MESSAGE_TOO_LARGE', 'refused'],
  ['INVALID_TOPIC_EXCEPTION', 'refused'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'failed'],
  ['NOT_ENOUGH_REPLICAS', 'unavailable'],
])('%s means %s, however deep it lies', (id, outcome) => {
  const error = new MultipleErrors('Sending failed.', [new MultipleErrors('Again.', [new ProtocolError(id)])])
  expect(outcomeOfFault(error)).toMatchObject({ outcome, reason: `Kafka answered ${id}.` })
})

test('a fault of the network keeps everything waiting', () => {
  expect(outcomeOfFault(new NetworkError('Connection failed.'))).toMatchObject({ outcome: 'unavailable' })
  expect(outcomeOfFault(new Error('anything else'))).toMatchObject({ outcome: 'unavailable' })
})
