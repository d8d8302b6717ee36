import { fillNotification, notificationVariables, type Detection, type StreamMessage } from '@tripline/core'
import type { NotificationRule } from './notification-rule.ts'

/** What a rule says of a detection, as the message for its target. */
export function toNotificationMessage(
  { delivery, template }: Pick<NotificationRule, 'delivery' | 'template'>,
  detection: Detection,
  detectionUrl: string | null,
): StreamMessage {
  const value = fillNotification(template, notificationVariables(detection, detectionUrl))
  const json = JSON.stringify(value)
  switch (delivery.kind) {
    case 'http': {
      const payload = Buffer.from(json, 'utf8').toString('base64')
      return { ...delivery, payload, reply: null }
    }
    case 'kafka':
      return { kind: 'kafka', topic: delivery.topic, messages: [json], partition: null }
    case 'mongodb': {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      const documents = [isObject ? (value as { readonly [name: string]: typeof value }) : { value }]
      return { ...delivery, operation: 'insert', documents }
    }
    case 'syslog':
      return { ...delivery, message: json }
    case 'raw':
      return { kind: 'raw', payload: Buffer.from(`${json}\n`, 'utf8').toString('base64') }
  }
}
