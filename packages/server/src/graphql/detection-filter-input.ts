import { detectionFilterSchema, InvalidInput, type DetectionFilter } from '@tripline/core'
import type { Principal } from '../access/principal.ts'
import { filterFor } from '../detections/viewer-filter.ts'
import { builder } from './builder.ts'
import { detectionStatusEnum, hiddenModeEnum, plain, resolutionFilterEnum } from './enums.ts'

const assigneeFilterInput = builder.inputType('AssigneeFilter', {
  description: 'Holds for any of what is given.',
  fields: (t) => ({
    anyOf: t.stringList(),
    none: t.boolean({ description: 'Detections that are assigned to nobody.' }),
    me: t.boolean({ description: 'Detections that are assigned to you.' }),
  }),
})

const ticketFilterInput = builder.inputType('TicketFilter', {
  description: 'Holds for any of what is given.',
  fields: (t) => ({
    anyOf: t.stringList({ description: 'Ticket ids as people write them.' }),
    none: t.boolean({ description: 'Detections without a ticket.' }),
  }),
})

const instantRangeInput = builder.inputType('DateTimeRange', {
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'At or after.' }),
    until: t.field({ type: 'DateTime', description: 'Before.' }),
  }),
})

const participantFilterInput = builder.inputType('ParticipantFilter', {
  fields: (t) => ({
    address: t.string({ description: 'An address, or a network such as `192.168.6.0/24`.' }),
    hostname: t.string({ description: '`*.example.com` holds for every name below.' }),
  }),
})

/** Which detections a list or a subscription is about. */
export const detectionFilterInput = builder.inputType('DetectionFilter', {
  description:
    'Every member that is given must hold; within one, any of its values. An empty list holds for nothing. Hidden detections are left out unless `hidden` says otherwise.',
  fields: (t) => ({
    statuses: t.field({ type: [detectionStatusEnum] }),
    resolutions: t.field({ type: [resolutionFilterEnum] }),
    assignee: t.field({ type: assigneeFilterInput }),
    ticket: t.field({ type: ticketFilterInput }),
    types: t.stringList(),
    categories: t.stringList({
      description: '`sec` holds for every category below it, such as `sec.lateral`.',
    }),
    riskScoreMin: t.int(),
    riskScoreMax: t.int(),
    startTime: t.field({ type: instantRangeInput }),
    updateTime: t.field({ type: instantRangeInput }),
    modTime: t.field({ type: instantRangeInput }),
    createTime: t.field({ type: instantRangeInput }),
    participant: t.field({ type: participantFilterInput }),
    mitreTechniques: t.stringList({ description: '`T1078` holds for its sub-techniques too.' }),
    sources: t.stringList(),
    recommended: t.boolean({ description: 'Whether the sensor recommends looking at it.' }),
    hidden: t.field({ type: hiddenModeEnum, description: 'Absent: `EXCLUDE`.' }),
    text: t.string({
      description: 'Words that all occur in title, type, description, external id or participants.',
    }),
  }),
})

/**
 * The domain's filter of an input; `me` becomes the viewer, and nobody for integrations.
 *
 * @throws InvalidInput
 */
export function toDetectionFilter(
  input: typeof detectionFilterInput.$inferInput | null | undefined,
  viewer: Pick<Principal, 'username'>,
): DetectionFilter {
  const result = detectionFilterSchema.safeParse({
    ...input,
    statuses: input?.statuses?.map(plain),
    resolutions: input?.resolutions?.map(plain),
    hidden: input?.hidden && plain(input.hidden),
  })
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => ({
      path: ['filter', ...path].join('.'),
      message,
    }))
    throw new InvalidInput(
      `The filter cannot be used: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
      issues,
    )
  }
  return filterFor(result.data, viewer)
}
