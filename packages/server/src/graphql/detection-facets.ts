import sql, { raw, type Sql } from 'sql-template-tag'
import { detectionFilterSql } from '../detections/detection-filter-sql.ts'
import { builder } from './builder.ts'
import { detectionFilterInput, toDetectionFilter } from './detection-filter-input.ts'
import { detectionStatusEnum, resolutionEnum } from './enums.ts'
import { answered, fromRow } from './field-options.ts'
import { literal, type SelectedField } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'

const MOST_VALUES = 100

const riskBandEnum = builder.enumType('RiskBand', {
  description: '`LOW`: 1 to 30; `MEDIUM`: 31 to 79; `HIGH`: 80 to 99; `NONE`: no risk score.',
  values: ['LOW', 'MEDIUM', 'HIGH', 'NONE'] as const,
})

const statusCountRef = builder.objectRef<SelectedRow>('StatusCount').implement({
  fields: (t) => ({
    status: t.field({ type: detectionStatusEnum, resolve: fromRow }),
    count: t.int({ resolve: fromRow }),
  }),
})

const resolutionCountRef = builder.objectRef<SelectedRow>('ResolutionCount').implement({
  fields: (t) => ({
    resolution: t.field({ type: resolutionEnum, nullable: true, resolve: fromRow }),
    count: t.int({ resolve: fromRow }),
  }),
})

const riskBandCountRef = builder.objectRef<SelectedRow>('RiskBandCount').implement({
  fields: (t) => ({
    riskBand: t.field({ type: riskBandEnum, resolve: fromRow }),
    count: t.int({ resolve: fromRow }),
  }),
})

const valueCountRef = builder.objectRef<SelectedRow>('ValueCount').implement({
  fields: (t) => ({
    value: t.string({ nullable: true, description: 'null: the detections without one.', resolve: fromRow }),
    count: t.int({ resolve: fromRow }),
  }),
})

const facetsRef = builder.objectRef<SelectedRow>('DetectionFacets').implement({
  description: `How many detections there are of each value, the most frequent first, ${MOST_VALUES} values at most.`,
  fields: (t) => ({
    totalCount: t.int({ resolve: fromRow }),
    statuses: t.field({ type: [statusCountRef], resolve: fromRow }),
    resolutions: t.field({ type: [resolutionCountRef], resolve: fromRow }),
    categories: t.field({ type: [valueCountRef], resolve: fromRow }),
    types: t.field({ type: [valueCountRef], resolve: fromRow }),
    assignees: t.field({ type: [valueCountRef], resolve: fromRow }),
    sources: t.field({ type: [valueCountRef], resolve: fromRow }),
    riskBands: t.field({ type: [riskBandCountRef], resolve: fromRow }),
  }),
})

/** What each facet counts, of the rows called `d`. */
const counted: Readonly<Record<string, { readonly value: Sql; readonly from?: Sql }>> = {
  statuses: { value: sql`upper(d.status)` },
  resolutions: { value: sql`upper(d.resolution)` },
  categories: { value: sql`category`, from: sql`matching d, unnest(d.categories) category` },
  types: { value: sql`d.type` },
  assignees: { value: sql`d.assignee` },
  sources: { value: sql`d.source` },
  riskBands: {
    value: sql`case when d.risk_score is null then 'NONE' when d.risk_score >= 80 then 'HIGH'
      when d.risk_score >= 31 then 'MEDIUM' else 'LOW' end`,
  },
}

builder.queryField('detectionFacets', (t) =>
  t.field({
    type: facetsRef,
    permission: 'read',
    args: { filter: t.arg({ type: detectionFilterInput }) },
    ...answered((field, viewer) => {
      const filter = field.args['filter'] as typeof detectionFilterInput.$inferInput | null | undefined
      return sql`(
        with matching as materialized (
          select d.status, d.resolution, d.categories, d.type, d.assignee, d.source, d.risk_score
          from detections d where ${detectionFilterSql(toDetectionFilter(filter, viewer))}
        )
        select ${facets(field)}
      )`
    }),
  }),
)

function facets(field: SelectedField): Sql {
  const { compiler, type } = field
  return compiler.members(
    [...compiler.fields(type, field.nodes)].map(([name, nodes]) => {
      const member = compiler.field(type, nodes)
      if (member.name === '__typename') return [name, sql`${literal(type.name)}::text`]
      return [name, member.name === 'totalCount' ? sql`(select count(*) from matching)` : facet(member)]
    }),
  )
}

function facet(field: SelectedField): Sql {
  const { compiler, type } = field
  const facetOf = counted[field.name]
  if (facetOf === undefined) throw new TypeError(`There is no facet ${field.name}`)
  const object = compiler.members(
    [...compiler.fields(type, field.nodes)].map(([name, nodes]) => {
      const member = compiler.field(type, nodes).name
      if (member === '__typename') return [name, sql`${literal(type.name)}::text`]
      return [name, member === 'count' ? sql`facet.count` : sql`facet.value`]
    }),
  )
  return sql`(
    select coalesce(json_agg(${object} order by facet.count desc, facet.value nulls last), '[]')
    from (
      select ${facetOf.value} as value, count(*)::integer as count
      from ${facetOf.from ?? sql`matching d`}
      group by 1 order by count(*) desc, 1 limit ${raw(String(MOST_VALUES))}
    ) facet
  )`
}
