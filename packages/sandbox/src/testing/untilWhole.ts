import { createAdmin, createKafkaClient } from '@brew/kafka';
import { services } from '@brew/provision';
import { pino } from 'pino';
import { kafkaNodes } from '../kafka/nodes.ts';
import { findRun } from '../runs.ts';
import { until } from './until.ts';

/** Waits until a system is as after its start: every process runs, every service is ready, and every replica is in sync. */
export async function untilWhole(dir: string): Promise<void> {
  const log = pino({ level: 'silent' });
  await until(
    async () => {
      const run = await findRun(dir);
      if (!run?.alive) throw new Error(`Nothing runs in ${dir}.`);
      const { ports, kafka, processes } = run;
      const running = new Set(processes.map(({ name }) => name));
      const nodes = kafkaNodes(dir, ports, kafka);
      const missing = [...nodes, ...services, { name: 'registry' }, { name: 'postgres' }].filter(
        ({ name }) => !running.has(name),
      );
      if (missing.length > 0) throw new Error(`${missing.map(({ name }) => name).join(' and ')} do not run.`);

      for (const { name } of services) {
        const answer = await fetch(`http://127.0.0.1:${ports.services[name]}/health/ready`);
        const body = (await answer.json()) as { status: string };
        if (body.status !== 'ready') throw new Error(`${name} is not ready: ${JSON.stringify(body)}`);
      }

      const brokers = ports.external.map((port) => `127.0.0.1:${port}`);
      await using admin = createAdmin({
        client: createKafkaClient({ brokers, clientId: 'whole', log }),
        log,
      });
      const partitions = (await admin.describeTopics()).flatMap((topic) => topic.partitions);
      const behind = partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length);
      if (behind.length > 0)
        throw new Error(`${behind.length} partitions have replicas that are not in sync.`);
      return true;
    },
    { what: 'the system to be whole' },
  );
}
