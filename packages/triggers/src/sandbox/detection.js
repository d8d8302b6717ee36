;(function defineDetection({ call, expose, exposeOnly, onBegin }) {
  class IPAddress {
    #about
    constructor(value, mask) {
      if (typeof value !== 'string' && !(value instanceof IPAddress))
        throw new TypeError('An IPAddress is made from a string or an IPAddress.')
      this.#about = call('address', String(value), mask)
      this.hostNames = []
      this.localityName = null
    }
    toString() {
      return this.#about.text
    }
    toJSON() {
      return this.#about.text
    }
    equals(other) {
      return String(other) === this.#about.text
    }
    mask(bits) {
      return new IPAddress(this.#about.text, bits)
    }
    get isV4() {
      return this.#about.isV4
    }
    get isV6() {
      return !this.#about.isV4
    }
    get isRFC1918() {
      return this.#about.isPrivate
    }
    get isLinkLocal() {
      return this.#about.isLinkLocal
    }
    get isMulticast() {
      return this.#about.isMulticast
    }
    get isBroadcast() {
      return this.#about.text === '255.255.255.255'
    }
    get isExternal() {
      return !(
        this.#about.isPrivate ||
        this.#about.isLinkLocal ||
        this.#about.isMulticast ||
        this.isBroadcast
      )
    }
  }

  const metrics = ['Count', 'Dataset', 'Detail', 'Distinct', 'Max', 'Sampleset', 'Snap'].flatMap((kind) => [
    `metricAdd${kind}`,
    `metricAddDetail${kind}`,
  ])

  /** There are no metrics to add to here; that a script tried is recorded. */
  function addMetrics(prototype, name) {
    for (const method of metrics)
      Object.defineProperty(prototype, method, {
        value: () => void call('ignored', `${name}.${method}`),
        configurable: true,
        writable: true,
      })
  }

  function Device(id) {
    if (!(this instanceof Device)) return new Device(id)
    Object.assign(this, {
      id,
      hwaddr: null,
      ipaddrs: [],
      dnsNames: [],
      dhcpName: null,
      netbiosName: null,
      cdpName: null,
      discoverTime: null,
      isGateway: false,
      isL3: true,
      vlanId: null,
      hasTrigger: false,
    })
  }
  Device.lookupByIP = () => (call('ignored', 'Device.lookupByIP'), null)
  Device.lookupByMAC = () => (call('ignored', 'Device.lookupByMAC'), null)

  function Application(id) {
    if (!(this instanceof Application)) return new Application(id)
    this.id = id
  }
  addMetrics(Device.prototype, 'Device')
  addMetrics(Application.prototype, 'Application')
  addMetrics(Application, 'Application')
  expose('IPAddress', IPAddress)
  expose('Device', Device)
  expose('Application', Application)

  function toObject({ kind, id, address, hostname }) {
    if (kind === 'application') return new Application(id)
    if (kind === 'ipaddr') {
      const found = new IPAddress(address)
      if (hostname !== null) found.hostNames.push(hostname)
      return found
    }
    return Object.assign(new Device(id), {
      ipaddrs: address === null ? [] : [new IPAddress(address)],
      dnsNames: hostname === null ? [] : [hostname],
    })
  }

  /** What a participant's object is to the host. */
  function toParticipant({ object, role, id } = {}) {
    if (object instanceof IPAddress) return { role, kind: 'ipaddr', address: String(object) }
    if (object instanceof Device)
      return {
        role,
        kind: 'device',
        id: object.id,
        address: object.ipaddrs[0]?.toString(),
        hostname: object.dnsNames[0],
      }
    if (object instanceof Application) return { role, kind: 'application', id: object.id }
    return { role, kind: 'unknown', id }
  }

  expose('commitDetection', function commitDetection(type, options) {
    const { title, description, riskScore, participants, identityKey, identityTtl } = options ?? {}
    const listed = Array.isArray(participants) ? participants.map(toParticipant) : participants
    call('commitDetection', type, {
      title,
      description,
      riskScore,
      participants: listed,
      identityKey,
      identityTtl,
    })
  })

  onBegin(({ event, detection, external }) => {
    let participants = null
    exposeOnly('Detection', ['DETECTION_UPDATE'], event, () =>
      Object.freeze({
        ...detection,
        // Made when it is looked at, because most scripts never do.
        get participants() {
          participants ??= detection.participants.map(({ object, objectType, ...rest }) => ({
            ...rest,
            object: toObject(object),
            object_type: objectType,
          }))
          return participants
        },
      }),
    )
    exposeOnly('ExternalData', ['EXTERNAL_DATA'], event, () => Object.freeze({ ...external }))
  })
})
