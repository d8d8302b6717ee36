// Runs inside the sandbox, once, before it is copied for the runs. What a script may do is decided on the other side of
// `hostCall`; here is only what makes it look like the classes that scripts are written against.
;(function start(hostCall) {
  const { parse, stringify } = JSON
  const constructors = { Error, TypeError, RangeError }

  /** Calls the host. Everything crosses as JSON text, so that nothing of the host can be reached from here. */
  function call(name, ...values) {
    const answer = parse(
      hostCall(stringify([name, ...values.map((value) => (value === undefined ? null : value))])),
    )
    if (answer.error === undefined) return answer.value
    const { name: kind, message } = answer.error
    throw new (constructors[kind] ?? Error)(message)
  }

  /** Makes a global, as the standard's own are: it can be replaced by a script, for itself. */
  function expose(name, value) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
  }

  /** Names a global that exists in some events only, and says so where it is used in another. */
  function exposeOnly(name, events, running, make) {
    if (events.includes(running)) return expose(name, make())
    const refuse = () => {
      throw new Error(`${name} exists in ${events.join(', ')} only; this is ${running}.`)
    }
    Object.defineProperty(globalThis, name, {
      get: refuse,
      set(value) {
        expose(name, value)
      },
      configurable: true,
      enumerable: false,
    })
  }

  /** Numbers that differ from run to run, though every run begins with the same memory. */
  function seedRandom([a, b, c, d]) {
    Math.random = function random() {
      const t = (a + b + d) | 0
      d = (d + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = (c << 21) | (c >>> 11)
      c = (c + t) | 0
      return (t >>> 0) / 4294967296
    }
  }

  const began = []
  return {
    call,
    expose,
    exposeOnly,
    parse,
    stringify,
    /** Registers what has to be made anew for a run, from its input. */
    onBegin(make) {
      began.push(make)
    },
    begin(text) {
      const input = parse(text)
      seedRandom(input.seed)
      for (const make of began) make(input)
    },
    /** What was thrown, as JSON. Its members may be the script's getters. */
    describe(thrown) {
      const read = (member) => {
        try {
          const value = thrown[member]
          return typeof value === 'string' ? value : ''
        } catch {
          return ''
        }
      }
      if (typeof thrown !== 'object' || thrown === null)
        return stringify({ name: 'Error', message: String(thrown), stack: '' })
      return stringify({ name: read('name') || 'Error', message: read('message'), stack: read('stack') })
    },
  }
})
