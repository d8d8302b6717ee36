import sql, { type Sql } from 'sql-template-tag'
import { builder } from './builder.ts'
import { directionEnum, orderFieldEnum } from './enums.ts'
import { instantKey, integerKey, type KeyKind, type ListOrder } from './sql/list-order.ts'

/** One key of an order. */
export const detectionOrderInput = builder.inputType('DetectionOrder', {
  fields: (t) => ({
    field: t.field({ type: orderFieldEnum, required: true }),
    direction: t.field({ type: directionEnum, required: true, defaultValue: 'DESC' }),
  }),
})

export type DetectionOrderInput = typeof detectionOrderInput.$inferInput

const columns: Readonly<
  Record<DetectionOrderInput['field'], { readonly column: Sql; readonly kind: KeyKind }>
> = {
  UPDATE_TIME: { column: sql`d.update_time`, kind: instantKey },
  MOD_TIME: { column: sql`d.mod_time`, kind: instantKey },
  CREATE_TIME: { column: sql`d.create_time`, kind: instantKey },
  START_TIME: { column: sql`d.start_time`, kind: instantKey },
  // As the index has it: a detection without a score comes after one with the least.
  RISK_SCORE: { column: sql`coalesce(d.risk_score, 0::smallint)`, kind: integerKey },
}

/** A total order: the keys that were asked for, each once, then the id in the direction of the last of them. */
export function detectionOrder(keys: readonly DetectionOrderInput[]): ListOrder {
  const asked = keys.length === 0 ? [{ field: 'UPDATE_TIME', direction: 'DESC' } as const] : keys
  const distinct = asked.filter(({ field }, index) => asked.findIndex((key) => key.field === field) === index)
  return [
    ...distinct.map(({ field, direction }) => ({
      name: field,
      descending: direction === 'DESC',
      ...columns[field],
    })),
    {
      name: 'id',
      column: sql`d.detection_id`,
      descending: distinct.at(-1)?.direction === 'DESC',
      kind: integerKey,
    },
  ]
}
