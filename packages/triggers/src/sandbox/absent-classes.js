;(function defineAbsentClasses({ call, expose }) {
  /** Stands for what only a packet engine has: every use is recorded and has no result, so that scripts load. */
  function absent(path) {
    return new Proxy(function () {}, {
      get(_, name) {
        if (name === Symbol.toPrimitive) return () => ''
        return typeof name === 'symbol' || name === 'then' ? undefined : absent(`${path}.${name}`)
      },
      set: () => true,
      apply() {
        call('ignored', path)
      },
      construct() {
        call('ignored', `new ${path}`)
        return absent(path)
      },
    })
  }

  const names = `AAA ActiveMQ AJP AlertRecord CDP CIFS DB Dataset DHCP DICOM Discover DNS FIX FTP Flow FlowInterface
    FlowNetwork FlowRecord GeoIP HL7 HTTP IBMMQ ICA ICMP Kerberos LDAP LLDP MSRPC Memcache Modbus MongoDB NetFlow
    Network NFS NMF NTLM PCoIP POP3 QUIC RDP RFB RPC RTCP RTP Redis SCCP SDP SFlow SIP SMPP SMTP SNMP SOCKS SSH SSL
    Sampleset TCP TFTP Telnet ThreatIntel Topnset Trigger TroubleGroup Turn UDP VLAN WebSocket WSMAN`
  for (const name of names.split(/\s+/u)) expose(name, absent(name))
})
