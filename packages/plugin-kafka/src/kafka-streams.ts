import { defineStreamPlugin, streamContractVersion } from '@tripline/core'
import { openKafkaTarget } from './kafka-target.ts'
import { kafkaSettings } from './settings.ts'

/** Messages to topics of Kafka. */
export const kafkaStreams = defineStreamPlugin({
  kind: 'kafka',
  title: 'Kafka',
  streamContractVersion,
  settings: kafkaSettings,
  open: openKafkaTarget,
})
