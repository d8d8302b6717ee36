const STATUSES = [
  'new',
  'in progress',
  'on hold',
  'closed',
  'closed with action taken',
  'closed with no action taken',
]

/** The configuration of a test RT, in RT's own language. */
export function siteConfig(directory: string, port: number): string {
  return `
Set($rtname, 'rt.example.test');
Set($Organization, 'rt.example.test');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '${directory}/rt.sqlite');
Set($WebDomain, '127.0.0.1');
Set($WebPort, ${port});
Set($WebPath, '');
Set($WebBaseURL, 'http://127.0.0.1:${port}');
Set($LogToSyslog, undef);
Set($LogToFile, undef);
Set($LogToSTDERR, 'warning');
Set($MailCommand, 'testfile');
# As much as the tests let a message have.
Set($MaxInlineBody, 70_000);
# A token is hashed anew for every request, which is meant to be slow.
Set($BcryptCost, 4);
Set(%Lifecycles, detections => {
  initial => ['new'],
  active => ['in progress', 'on hold'],
  inactive => ['closed', 'closed with action taken', 'closed with no action taken', 'deleted'],
  defaults => { on_create => 'new' },
  transitions => {
    '' => ['new', 'in progress'],
    'new' => ['in progress', 'closed', 'closed with action taken', 'closed with no action taken', 'deleted'],
    'in progress' => ['new', 'on hold', 'closed', 'closed with action taken', 'closed with no action taken', 'deleted'],
    'on hold' => ['in progress', 'deleted'],
    'closed' => ['in progress', 'deleted'],
    'closed with action taken' => ['in progress', 'deleted'],
    'closed with no action taken' => ['in progress', 'deleted'],
    'deleted' => [],
  },
  rights => { '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' },
  actions => [],
}, 'any order' => {
  initial => ['new'],
  active => ['in progress', 'on hold'],
  inactive => ['closed', 'closed with action taken', 'closed with no action taken', 'deleted'],
  defaults => { on_create => 'new' },
  transitions => {
    '' => ['new', 'in progress'],
    ${everyTransition()},
    'deleted' => [],
  },
  rights => { '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' },
  actions => [],
});
1;
`
}

function everyTransition(): string {
  return STATUSES.map((from) => {
    const others = STATUSES.filter((to) => to !== from).map((to) => `'${to}'`)
    return `'${from}' => [${others.join(', ')}, 'deleted']`
  }).join(',\n    ')
}
