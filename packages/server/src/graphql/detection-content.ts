import sql, { type Sql } from 'sql-template-tag'
import { builder } from './builder.ts'
import { participantEndpointEnum, participantObjectTypeEnum, participantRoleEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { literal } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'

/** A member of the JSON object in a row's `value`: as JSON, as text, and as an enum value. */
const json = (row: Sql, name: string): Sql => sql`${row}.value -> ${literal(name)}`
const text = (row: Sql, name: string): Sql => sql`${row}.value ->> ${literal(name)}`
const upper = (row: Sql, name: string): Sql => sql`upper(${text(row, name)})`

const p = sql`p`
const m = sql`m`

/** Participants; their row is called `p`. */
export const participantRef = builder.objectRef<SelectedRow>('Participant').implement({
  description: 'A device, application or address that takes part in a detection.',
  fields: (t) => ({
    id: t.string({
      nullable: true,
      description: "The sensor's own number for this participant of this detection, in decimal digits.",
      ...computed(text(p, 'id')),
    }),
    role: t.field({ type: participantRoleEnum, nullable: true, ...computed(upper(p, 'role')) }),
    objectType: t.field({
      type: participantObjectTypeEnum,
      nullable: true,
      ...computed(upper(p, 'objectType')),
    }),
    objectId: t.string({ nullable: true, ...computed(text(p, 'objectId')) }),
    objectValue: t.string({
      nullable: true,
      description: 'An IP address, or another name the sensor uses for it.',
      ...computed(text(p, 'objectValue')),
    }),
    hostname: t.string({ nullable: true, ...computed(text(p, 'hostname')) }),
    external: t.boolean({
      description: 'Whether it is outside the observed network.',
      ...computed(sql`coalesce((${text(p, 'external')})::boolean, false)`),
    }),
    endpoint: t.field({ type: participantEndpointEnum, nullable: true, ...computed(upper(p, 'endpoint')) }),
    username: t.string({ nullable: true, ...computed(text(p, 'username')) }),
    scannerService: t.string({ nullable: true, ...computed(text(p, 'scannerService')) }),
    usernames: t.stringList(computed(sql`coalesce(${json(p, 'usernames')}, '[]')`)),
    origins: t.stringList(computed(sql`coalesce(${json(p, 'origins')}, '[]')`)),
  }),
})

/** MITRE tactics and techniques; their row is called `m`. */
export const mitreEntryRef = builder.objectRef<SelectedRow>('MitreEntry').implement({
  description: 'A tactic or technique of MITRE ATT&CK.',
  fields: (t) => ({
    id: t.string({ description: 'For instance `T1078.004` or `TA0007`.', ...computed(text(m, 'id')) }),
    name: t.string({ nullable: true, ...computed(text(m, 'name')) }),
    url: t.string({ nullable: true, ...computed(text(m, 'url')) }),
    legacyIds: t.stringList({
      description: 'Earlier ids of a technique.',
      ...computed(sql`coalesce(${json(m, 'legacyIds')}, '[]')`),
    }),
  }),
})
