import { images, onlyIf, until, whyNoContainers } from '@brew/sandbox/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ComposedBrew, composeBrew } from './composeBrew.ts';

const clusterId = '5nnS6DRtQnKwoMjkkVxxug';
const combined = ['docker-compose.yml'];
const dedicated = [...combined, 'infra/kafka/dedicated/docker-compose.yml'];

const whyNot = await whyNoContainers(Object.values(images), { compose: true });

onlyIf(whyNot, describe)('docker compose', () => {
  let brew: ComposedBrew;
  afterEach(() => brew[Symbol.asyncDispose]());

  test('delivers orders, also without kafka-2, and has them and the cluster after down and up', async () => {
    brew = await composeBrew(combined);
    await brew.up();
    const before = await brew.deliver();
    await hasAMetadataLog('kafka-1 of 3 nodes');

    await brew.compose('stop', 'kafka-2');
    const without = await brew.deliver();
    await brew.compose('start', 'kafka-2');
    await until(async () => (await brew.cluster()).brokers === 3, { what: 'kafka-2 to be back' });

    await brew.compose('down');
    await brew.up();
    expect(await brew.cluster()).toEqual({ clusterId, brokers: 3 });
    for (const orderId of [before, without]) expect(await brew.statusOf(orderId)).toBe('delivered');
    await brew.deliver();
  });

  // All of it down and up is the same in both modes, but for whose disks the nodes find again: that each node has its own is looked at here.
  test('in dedicated mode delivers orders, also without the active controller, and a node finds its disk again in a new container', async () => {
    brew = await composeBrew(dedicated);
    await brew.up();
    await brew.deliver();
    await hasAMetadataLog('controller-1 of 6 nodes');

    const active = await brew.activeController();
    // Node 101 is controller-1.
    const controller = `controller-${active - 100}`;
    const disks = { [controller]: await diskOf(controller), 'kafka-2': await diskOf('kafka-2') };
    await brew.compose('rm', '--stop', '--force', ...Object.keys(disks));
    expect(await brew.activeController()).not.toBe(active);
    await brew.deliver();
    await brew.compose('up', '--detach', '--wait', ...Object.keys(disks));
    for (const [name, disk] of Object.entries(disks)) expect(await diskOf(name)).toBe(disk);
    await until(async () => (await brew.cluster()).brokers === 3, { what: 'kafka-2 to be back' });
    await brew.deliver();
  });

  /** What a node calls its disk: another one in a container that had to begin anew. */
  async function diskOf(node: string): Promise<string> {
    const meta = await brew.compose('exec', '--no-TTY', node, 'cat', '/var/lib/kafka/data/meta.properties');
    const [id] = /^directory\.id=.+$/m.exec(meta) ?? [];
    if (!id) throw new Error(`${node} has no disk:\n${meta}`);
    return id;
  }

  /** Read from a copy of a container's files, by Kafka's own tool in another container. */
  async function hasAMetadataLog(shown: string): Promise<void> {
    const { code, stdout, stderr } = await brew.cli('metadata', '--topic', 'orders', '--json');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${shown}: /var/lib/kafka/data/__cluster_metadata-0 in its container\n`,
    });
    const { records, partitions } = JSON.parse(stdout);
    expect(records[0]).toMatchObject({ type: 'TopicRecord', data: { name: 'brew.orders.v1' } });
    expect(partitions).toHaveLength(6);
    expect(partitions[0].isr.toSorted()).toEqual([1, 2, 3]);
  }
});
