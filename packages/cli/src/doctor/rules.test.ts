import { afterAll, describe, expect, it } from '@jest/globals';
import { examine } from './doctor.ts';
import { rules } from './rules/index.ts';
import { type Changes, createSoundNodes, metaOf } from './testing/soundNodes.ts';

const sound = await createSoundNodes();
afterAll(() => sound.remove());

const VOTERS = 'controller.quorum.voters';
/** The same for each of three nodes. */
const all = (changes: Changes) => ({ 1: changes, 2: changes, 3: changes });

describe('nodes in which nothing is wrong', () => {
  it.each(['combined', 'dedicated'] as const)('have no findings (%s)', async (mode) => {
    expect(examine(await sound[mode]())).toEqual([]);
  });

  it('have none either when the files of the brokers are elsewhere', async () => {
    expect(examine(await sound.dedicated({ 101: { 'default.replication.factor': '3' } }, 0))).toEqual([]);
  });
});

/** What a rule finds: rule, severity, node and setting where it stands (or none), and what it says. */
type Expected = [
  rule: string,
  severity: 'error' | 'warning',
  node: number,
  setting: string | undefined,
  problem: RegExp,
];

/** Broken examples: what is changed in three nodes that are both, and what is found. */
const broken: [string, Readonly<Record<number, Changes>>, Expected[]][] = [
  [
    'no roles',
    { 2: { 'process.roles': undefined } },
    [['roles-missing', 'error', 2, 'node.id', /node-2 has no process\.roles/]],
  ],
  [
    'a role that is none',
    { 2: { 'process.roles': 'broker,controler' } },
    [
      ['roles-missing', 'error', 2, 'process.roles', /node-2 has "controler" among its process\.roles/],
      ['node-not-a-voter', 'error', 2, VOTERS, /is listed as a voter, and is no controller/],
      ['controller-listener-missing', 'error', 2, 'listeners', /is no controller, and listens as CONTROLLER/],
    ],
  ],
  [
    'no id',
    { 2: { 'node.id': undefined } },
    [['node-id-missing', 'error', 2, 'process.roles', /node-2 has no node\.id\./]],
  ],
  [
    'an id that is none',
    { 2: { 'node.id': 'two' } },
    [['node-id-missing', 'error', 2, 'node.id', /no node\.id that is a number/]],
  ],
  [
    'an id twice',
    { 3: { 'node.id': '2', 'log.dirs': undefined } },
    [
      ['node-id-duplicate', 'error', 3, 'node.id', /node-3 has the node\.id 2 of node-2 \(line 2\)/],
      ['log-folder-temporary', 'warning', 3, undefined, /in \/tmp\/kafka-logs, as log\.dirs is not set/],
    ],
  ],
  [
    'ZooKeeper',
    { 1: { 'zookeeper.connect': 'zk:2181' } },
    [['zookeeper-settings', 'error', 1, 'zookeeper.connect', /zookeeper\.connect/]],
  ],
  [
    'an old protocol version',
    { 1: { 'inter.broker.protocol.version': '3.4' } },
    [['zookeeper-settings', 'warning', 1, 'inter.broker.protocol.version', /inter\.broker/]],
  ],
  [
    'the old name of the id',
    { 1: { 'broker.id': '1' } },
    [['zookeeper-settings', 'warning', 1, 'broker.id', /broker\.id/]],
  ],
  [
    'rules in ZooKeeper',
    { 1: { 'authorizer.class.name': 'kafka.security.authorizer.AclAuthorizer' } },
    [['zookeeper-settings', 'error', 1, 'authorizer.class.name', /AclAuthorizer/]],
  ],
  [
    'no voters',
    { 3: { [VOTERS]: undefined } },
    [['voters-malformed', 'error', 3, 'process.roles', /node-3 has no controller\.quorum\.voters/]],
  ],
  [
    'a voter that is none',
    all({ [VOTERS]: '1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093,kafka-4:9093' }),
    [1, 2, 3].map(
      (id): Expected => ['voters-malformed', 'error', id, VOTERS, /"kafka-4:9093" is not ID@HOST:PORT/],
    ),
  ],
  [
    'other voters on one node',
    { 3: { [VOTERS]: '1@kafka-1:9093,2@kafka-2:9093,3@kafka-9:9093' } },
    [['voters-differ', 'error', 3, VOTERS, /node-3 has the voters .*kafka-9.*, and node-1 has/]],
  ],
  [
    'a controller that is no voter',
    { 3: { 'node.id': '4', 'log.dirs': undefined } },
    [
      ['node-not-a-voter', 'error', 3, VOTERS, /node\.id 4 is not among the voters/],
      ['log-folder-temporary', 'warning', 3, undefined, /in \/tmp\/kafka-logs, as log\.dirs is not set/],
    ],
  ],
  [
    'a controller on another port',
    { 2: { listeners: 'INTERNAL://kafka-2:9092,EXTERNAL://kafka-2:9094,CONTROLLER://kafka-2:9095' } },
    [
      [
        'voter-address-differs',
        'error',
        2,
        VOTERS,
        /2@kafka-2:9093, and listens for controllers on port 9095/,
      ],
    ],
  ],
  [
    'no name for the listener of controllers',
    { 1: { 'controller.listener.names': undefined } },
    [
      [
        'controller-listener-missing',
        'error',
        1,
        'process.roles',
        /node-1 has no controller\.listener\.names/,
      ],
    ],
  ],
  [
    'no listener for controllers',
    { 1: { listeners: 'INTERNAL://kafka-1:9092,EXTERNAL://kafka-1:9094' } },
    [['controller-listener-missing', 'error', 1, 'listeners', /none of its listeners is CONTROLLER/]],
  ],
  [
    'that listener advertised',
    { 1: { 'advertised.listeners': 'INTERNAL://kafka-1:9092,CONTROLLER://kafka-1:9093' } },
    [['controller-listener-advertised', 'error', 1, 'advertised.listeners', /advertises CONTROLLER/]],
  ],
  [
    'that listener for brokers',
    { 1: { 'inter.broker.listener.name': 'CONTROLLER' } },
    [
      [
        'controller-listener-advertised',
        'error',
        1,
        'inter.broker.listener.name',
        /for brokers and for controllers alike/,
      ],
    ],
  ],
  [
    'a listener without a protocol',
    { 1: { 'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT' } },
    [['listener-unmapped', 'error', 1, 'listener.security.protocol.map', /listener EXTERNAL/]],
  ],
  [
    'two listeners of a name',
    { 1: { listeners: 'INTERNAL://kafka-1:9092,INTERNAL://kafka-1:9094,CONTROLLER://kafka-1:9093' } },
    [['listener-clash', 'error', 1, 'listeners', /two listeners INTERNAL/]],
  ],
  [
    'two listeners on a port',
    { 1: { listeners: 'INTERNAL://:9092,EXTERNAL://kafka-1:9092,CONTROLLER://:9093' } },
    [['listener-clash', 'error', 1, 'listeners', /INTERNAL and EXTERNAL on the same port, 9092/]],
  ],
  [
    'two nodes on a port of a machine',
    {
      2: {
        listeners: 'INTERNAL://kafka-1:9095,EXTERNAL://kafka-1:9094,CONTROLLER://kafka-1:9096',
        'advertised.listeners': 'INTERNAL://kafka-1:9095',
        [VOTERS]: undefined,
        'controller.quorum.bootstrap.servers': 'kafka-1:9093',
      },
    },
    [
      [
        'listener-clash',
        'error',
        2,
        'listeners',
        /port 9094 \(EXTERNAL\), and so does node-1, on the same machine \(kafka-1\)/,
      ],
    ],
  ],
  [
    'an address that leads to two brokers',
    { 2: { 'advertised.listeners': 'INTERNAL://kafka-2:9092,EXTERNAL://kafka-1:9094' } },
    [['advertised-clash', 'error', 2, 'advertised.listeners', /come to kafka-1:9094, and so does node-1/]],
  ],
  [
    'one replica when nobody says how many',
    { 1: { 'default.replication.factor': undefined, 'min.insync.replicas': '1' } },
    [
      ['replication-factor', 'error', 1, undefined, /one replica .*which is 1 when it is not set/],
      ['min-isr', 'error', 1, 'min.insync.replicas', /acknowledges what one replica has/],
    ],
  ],
  [
    'two replicas',
    { 1: { 'default.replication.factor': '2' } },
    [
      ['replication-factor', 'warning', 1, 'default.replication.factor', /2 replicas/],
      ['min-isr', 'warning', 1, 'min.insync.replicas', /wants 2 replicas in sync .* of 2/],
    ],
  ],
  [
    'more replicas than brokers',
    { 1: { 'default.replication.factor': '4' } },
    [
      [
        'replication-factor',
        'error',
        1,
        'default.replication.factor',
        /wants 4 replicas .* there are 3 brokers/,
      ],
    ],
  ],
  [
    'nothing said of what has to be in sync',
    { 1: { 'min.insync.replicas': undefined } },
    [['min-isr', 'error', 1, undefined, /which is 1 when it is not set/]],
  ],
  [
    'more in sync than there are',
    { 1: { 'min.insync.replicas': '4' } },
    [['min-isr', 'error', 1, 'min.insync.replicas', /wants 4 .* of 3/]],
  ],
  [
    'unclean elections',
    { 3: { 'unclean.leader.election.enable': 'true' } },
    [['unclean-election', 'error', 3, 'unclean.leader.election.enable', /a replica that is behind/]],
  ],
  [
    'offsets on one broker',
    { 1: { 'offsets.topic.replication.factor': '1' } },
    [
      [
        'internal-topics',
        'error',
        1,
        'offsets.topic.replication.factor',
        /how far each consumer group is on one broker/,
      ],
    ],
  ],
  [
    'more offsets than brokers',
    { 1: { 'offsets.topic.replication.factor': '5' } },
    [['internal-topics', 'error', 1, 'offsets.topic.replication.factor', /wants 5 replicas/]],
  ],
  [
    'transactions that one disk has',
    { 1: { 'transaction.state.log.min.isr': '1' } },
    [['internal-topics', 'warning', 1, 'transaction.state.log.min.isr', /wants 1 of 3 replicas/]],
  ],
  [
    'transactions that want all replicas',
    { 1: { 'transaction.state.log.min.isr': '3' } },
    [['internal-topics', 'warning', 1, 'transaction.state.log.min.isr', /wants 3 of 3/]],
  ],
];

describe('a broken configuration', () => {
  it.each(broken)('is found, and nothing beside: %s', async (_what, changes, expected) => {
    const nodes = await sound.combined(changes);
    const found = examine(nodes);
    expect(found).toMatchObject(
      expected.map(([rule, severity, node, setting, problem]) => ({
        rule,
        severity,
        file: `node-${node}.properties`,
        line: setting === undefined ? null : nodes[node - 1]?.settings.get(setting)?.line,
        problem: expect.stringMatching(problem),
      })),
    );
    for (const { consequence, remedy } of found)
      for (const text of [consequence, remedy]) expect(text).toMatch(/^[A-Z].+[.:]/);
  });

  it.each<[string, string, RegExp]>([
    ['1@kafka-1:9093', 'error', /There is one controller/],
    ['1@kafka-1:9093,2@kafka-2:9093', 'error', /There are 2 controllers/],
    [
      '1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093,4@kafka-4:9093',
      'warning',
      /There are 4 controllers, which is an even/,
    ],
  ])('is one with the voters %s', async (voters, severity, problem) => {
    const found = examine(await sound.combined(all({ [VOTERS]: voters })));
    expect(found).toContainEqual(
      expect.objectContaining({
        rule: severity === 'error' ? 'controllers-too-few' : 'controllers-even',
        severity,
        problem: expect.stringMatching(problem),
      }),
    );
  });

  it('is a broker that listens as a controller, and one that is a voter', async () => {
    expect(
      examine(
        await sound.dedicated({ 1: { listeners: 'INTERNAL://kafka-1:9092,CONTROLLER://kafka-1:9093' } }),
      ),
    ).toMatchObject([
      {
        rule: 'controller-listener-missing',
        problem: expect.stringContaining('is no controller, and listens as CONTROLLER'),
      },
    ]);
    expect(examine(await sound.dedicated({ 102: { 'process.roles': 'broker' } }))).toContainEqual(
      expect.objectContaining({ rule: 'node-not-a-voter', file: 'node-102.properties' }),
    );
  });

  it('is one with controllers on some of many brokers', async () => {
    const nodes = [...(await sound.combined()), ...(await sound.dedicated({}, 6)).slice(6)];
    expect(examine(nodes)).toContainEqual(
      expect.objectContaining({
        rule: 'combined-many-brokers',
        severity: 'warning',
        file: 'node-1.properties',
      }),
    );
  });
});

describe('the disks', () => {
  it('are formatted', async () => {
    const nodes = await sound.combined();
    await sound.format(2);
    // Read again, now that it is gone.
    const { readStorage } = await import('./read/storage.ts');
    const [one, two, three] = await Promise.all(
      nodes.map(async (node) => ({ ...node, storage: await readStorage(node.settings) })),
    );
    if (!one || !two || !three) throw new Error('there are three');
    expect(examine([one, two, three])).toMatchObject([
      {
        rule: 'storage-not-formatted',
        severity: 'error',
        file: 'node-2.properties',
        line: two.settings.get('log.dirs')?.line,
      },
    ]);
    const elsewhere = examine(await sound.combined({ 2: { 'log.dirs': '/nowhere/at/all' } }));
    expect(elsewhere).toMatchObject([
      {
        rule: 'storage-not-formatted',
        severity: 'warning',
        problem: expect.stringContaining('not on this machine'),
      },
    ]);
  });

  it('are not where the files that come with Kafka have them', async () => {
    const found = examine(await sound.combined({ 2: { 'log.dirs': '/tmp/kraft-combined-logs' } }));
    expect(found.map(({ rule }) => rule)).toContain('log-folder-temporary');
  });

  it.each([
    [
      'cluster-id-differs',
      metaOf(2, 'another'),
      /node-2 belongs to the cluster another .*, and node-1 to 5nnS6D/,
    ],
    ['storage-of-another-node', metaOf(3), /is formatted for node 3, and node-2 is node 2/],
  ])('belong to the cluster and to the node (%s)', async (rule, meta, problem) => {
    const nodes = await sound.combined();
    await sound.format(2, meta);
    const { readStorage } = await import('./read/storage.ts');
    const again = await Promise.all(
      nodes.map(async (node) => ({ ...node, storage: await readStorage(node.settings) })),
    );
    expect(examine(again)).toMatchObject([
      { rule, severity: 'error', file: 'node-2.properties', problem: expect.stringMatching(problem) },
    ]);
  });

  it('are not those of another node on the machine', async () => {
    const [one] = await sound.combined();
    const folder = one?.settings.get('log.dirs')?.value;
    const onOneMachine = (id: number) => {
      const advertised = `INTERNAL://localhost:${id}001,EXTERNAL://localhost:${id}002`;
      return {
        listeners: `${advertised},CONTROLLER://localhost:${id}003`,
        'advertised.listeners': advertised,
        [VOTERS]: '1@localhost:1003,2@localhost:2003,3@localhost:3003',
      };
    };
    const found = examine(
      await sound.combined({
        1: onOneMachine(1),
        2: { ...onOneMachine(2), 'log.dirs': folder },
        3: onOneMachine(3),
      }),
    );
    expect(found.map(({ rule }) => rule)).toEqual(['storage-of-another-node', 'log-folder-shared']);
  });
});

it('has a broken example here for every rule', async () => {
  const { readFile } = await import('node:fs/promises');
  const tests = await readFile(new URL(import.meta.url), 'utf8');
  for (const { id } of rules) expect(tests).toContain(`'${id}'`);
});
