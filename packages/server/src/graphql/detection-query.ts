import sql from 'sql-template-tag'
import { detectionFilterSql } from '../detections/detection-filter-sql.ts'
import { builder } from './builder.ts'
import { connectionType } from './connections.ts'
import { detectionFilterInput, toDetectionFilter } from './detection-filter-input.ts'
import { detectionOrder, detectionOrderInput, type DetectionOrderInput } from './detection-order.ts'
import { answered } from './field-options.ts'
import { detectionRef } from './refs.ts'
import { connectionSql } from './sql/connection-sql.ts'
import { oneObject } from './sql/field-sql.ts'

const DEFAULT_PAGE = 50

const detectionConnectionRef = connectionType('Detection', detectionRef, { live: true })

builder.queryField('detection', (t) =>
  t.field({
    type: detectionRef,
    nullable: true,
    permission: 'read',
    args: { detectionId: t.arg({ type: 'DetectionId', required: true }) },
    ...answered((field) =>
      oneObject(field, sql`detections d where d.detection_id = ${field.args['detectionId']}::bigint`),
    ),
  }),
)

builder.queryField('detections', (t) =>
  t.field({
    type: detectionConnectionRef,
    permission: 'read',
    description: `Pages of at most 200, by default ${DEFAULT_PAGE}. A cursor belongs to the order it was made with.`,
    args: {
      filter: t.arg({ type: detectionFilterInput }),
      orderBy: t.arg({
        type: [detectionOrderInput],
        description: 'By the first, then the next; by default the last updated first.',
      }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    ...answered((field, viewer) => {
      const { filter, orderBy } = field.args as {
        filter?: typeof detectionFilterInput.$inferInput | null
        orderBy?: readonly DetectionOrderInput[] | null
      }
      return connectionSql(
        {
          table: sql`detections`,
          row: sql`d`,
          condition: detectionFilterSql(toDetectionFilter(filter, viewer)),
          order: detectionOrder(orderBy ?? []),
          defaultPage: DEFAULT_PAGE,
        },
        field,
      )
    }),
  }),
)
