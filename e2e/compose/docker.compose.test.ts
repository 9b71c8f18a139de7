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

    await comesBackWith([before, without]);
  });

  test('in dedicated mode delivers orders, also without the active controller, whose disk outlives its container, and comes back alike', async () => {
    brew = await composeBrew(dedicated);
    await brew.up();
    const before = await brew.deliver();
    await hasAMetadataLog('controller-1 of 6 nodes');

    const active = await brew.activeController();
    // Node 101 is controller-1.
    const name = `controller-${active - 100}`;
    const meta = ['exec', '--no-TTY', name, 'cat', '/var/lib/kafka/data/meta.properties'];
    const disk = await brew.compose(...meta);
    expect(disk).toContain('directory.id=');
    await brew.compose('rm', '--stop', '--force', name);
    expect(await brew.activeController()).not.toBe(active);
    const without = await brew.deliver();
    await brew.compose('up', '--detach', '--wait', name);
    expect(await brew.compose(...meta)).toBe(disk);

    await comesBackWith([before, without]);
  });

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

  /** Ends and starts it, and looks whether it is the same one. */
  async function comesBackWith(orderIds: readonly string[]): Promise<void> {
    await brew.compose('down');
    await brew.up();
    expect(await brew.cluster()).toEqual({ clusterId, brokers: 3 });
    for (const orderId of orderIds) expect(await brew.statusOf(orderId)).toBe('delivered');
    await brew.deliver();
  }
});
