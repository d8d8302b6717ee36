import type { TriggerDetection, TriggerRunInput } from '../src/index.ts'

/** A detection as scripts see it, with what a test cares about in place of the rest. */
export function sampleDetection(given: Partial<TriggerDetection> = {}): TriggerDetection {
  return {
    id: 25_769_804_127,
    applianceId: 6,
    assignee: null,
    categories: ['sec', 'sec.lateral'],
    description: 'Reads of many files on [corpshare](#/metrics/devices/1)',
    endTime: null,
    startTime: 1_750_935_450_304,
    updateTime: 1_751_347_620_747,
    isCustom: false,
    isEventCreate: true,
    mitreCategories: [
      { id: 'T1087', name: 'Account Discovery', url: 'https://attack.mitre.org/techniques/T1087' },
      { id: 'TA0007', name: 'Discovery', url: 'https://attack.mitre.org/tactics/TA0007' },
    ],
    participants: [
      {
        id: 1,
        role: 'offender',
        objectType: 'device',
        object: { kind: 'device', id: '25769803777', address: '192.0.2.10', hostname: 'laptop.example.org' },
      },
      {
        id: 2,
        role: 'victim',
        objectType: 'ipaddr',
        object: { kind: 'ipaddr', id: null, address: '10.1.2.3', hostname: null },
      },
    ],
    properties: {},
    resolution: null,
    riskScore: 83,
    status: null,
    ticketId: null,
    title: 'Suspicious CIFS Client File Share Access',
    type: 'cifs_share_access',
    ...given,
  }
}

/** A run on a detection, with a target of each kind. */
export function sampleInput(given: Partial<TriggerRunInput> = {}): TriggerRunInput {
  return {
    trigger: '1',
    occasion: { event: 'DETECTION_UPDATE', detection: sampleDetection() },
    debug: false,
    targets: (['http', 'kafka', 'mongodb', 'syslog', 'raw'] as const).flatMap((kind) => [
      { name: 'default', kind },
      { name: 'ticket-server', kind },
    ]),
    system: { uuid: '0', hostname: 'tripline', version: '0.1.0' },
    ...given,
  }
}
