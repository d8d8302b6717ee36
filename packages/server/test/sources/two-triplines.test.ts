import { describe, expect, it } from 'vitest'
import { detectionStatuses, DomainError, resolutions } from '@tripline/core'
import { seededRandom } from '../../src/sample/seeded-random.ts'
import { record } from '../extrahop/rest-app.ts'
import { until } from '../tracking/gateway-world.ts'
import { startSensorWorld, type SensorWorld } from './sensor-world.ts'

const IDS = [1, 2, 3, 4, 5]
const STEPS = 60

/** One edit of one field, as somebody makes it; `null` removes. */
function anyEdit(random: () => number) {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value
  const kind = pick(['status', 'status', 'assignee', 'ticketId'] as const)
  if (kind !== 'status') return { kind, value: pick([null, 'kim', 'sam', `T-${Math.floor(random() * 90)}`]) }
  const status = pick(detectionStatuses.filter((each) => each !== 'new'))
  return { kind, value: status, resolution: status === 'closed' ? pick([null, ...resolutions]) : null }
}

async function editSensor(world: SensorWorld, id: number, edit: ReturnType<typeof anyEdit>): Promise<void> {
  if (edit.kind === 'assignee') await world.patch(id, { assignee: edit.value })
  else if (edit.kind === 'ticketId') await world.patch(id, { ticket_id: edit.value })
  else {
    const status = edit.value === 'open' ? null : edit.value
    await world.patch(id, { status, resolution: edit.resolution })
  }
}

async function editGateway(world: SensorWorld, id: number, edit: ReturnType<typeof anyEdit>): Promise<void> {
  if (edit.kind === 'status') {
    await world.track(id, { status: edit.value, resolution: edit.resolution })
  } else await world.track(id, { [edit.kind]: edit.value })
}

/** Waits until nothing is left to be done, and polls find nothing either. */
async function rest(world: SensorWorld): Promise<void> {
  const { database } = world.gateway
  for (let quiet = 0; quiet < 2;) {
    const before = world.wire.requests.length
    await world.poll()
    await until(async () => {
      const { rows } = await database.pool.query(
        `select from source_links where sync_state <> 'in_sync' or next_attempt_at is not null`,
      )
      return rows.length === 0
    })
    quiet = world.wire.requests.length === before + 1 ? quiet + 1 : 0
  }
}

describe('two Triplines, one the sensor of the other', () => {
  it.each([20_261_120, 7])('are equal at rest, whatever is done to both (seed %i)', async (seed) => {
    await using world = await startSensorWorld({
      conflicts: seed === 7 ? 'prefer-source' : 'prefer-tripline',
    })
    // As another process would.
    await world.gateway.work()
    const choices = seededRandom(seed)
    const random = (): number => choices.integer(0, 999_999) / 1_000_000
    await world.sensor.ingest(...IDS.slice(0, 3).map((id) => record(id)))
    await world.poll()
    world.wire.fate = ({ method }) => {
      if (method !== 'PATCH' || random() > 0.15) return 'passes'
      return random() < 0.7 ? 'lost' : { status: 503 }
    }
    for (let step = 0; step < STEPS; step += 1) {
      if (step === STEPS / 2) await world.sensor.ingest(...IDS.slice(3).map((id) => record(id)))
      if (step % 7 === 0) await world.poll()
      const id = IDS[Math.floor(random() * (step > STEPS / 2 ? 5 : 3))] ?? 1
      const edit = anyEdit(random)
      if (random() < 0.5) await editSensor(world, id, edit)
      else {
        // It may not be here yet.
        await editGateway(world, id, edit).catch((error: unknown) => {
          if (!(error instanceof DomainError)) throw error
        })
      }
    }
    world.wire.fate = () => 'passes'
    await world.again()
    await rest(world)
    for (const id of IDS) {
      const { sensor, gateway } = await world.both(id)
      expect({ id, ...gateway }).toEqual({ id, ...sensor })
      const { base } = await world.link(id)
      for (const field of Object.values(base)) expect(field).not.toHaveProperty('sent')
    }
  })
})
