import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { type Infrastructure, type Ports, serviceFlags } from '@brew/sandbox';
import { pino } from 'pino';
import type { Drained } from './drain.ts';

const log = pino({ level: 'silent' });
const STAFF_TOKEN = 'bench-staff';
const READY_MS = 120_000;

/** The analytics service, on a database of its own. */
export interface AnalyticsBench {
  /** A process of its own, which builds the reports' tables anew once: from the request to the switch. */
  replay(): Promise<Drained>;
}

/** Starts it once, so that it has read everything: what is built anew is compared with that. */
export async function createAnalyticsBench(
  infrastructure: Infrastructure,
  ports: Ports,
  nodeFlags: readonly string[],
  signal: AbortSignal,
): Promise<AnalyticsBench> {
  const port = ports.services.analytics;
  const url = `http://127.0.0.1:${port}`;

  async function withService<Result>(work: (pid: number) => Promise<Result>): Promise<Result> {
    const service = spawn(process.execPath, [...nodeFlags, ...serviceFlags, 'src/main.ts'], {
      cwd: join(import.meta.dirname, '../../services/analytics'),
      env: {
        ...process.env,
        PORT: String(port),
        DATABASE_URL: infrastructure.databaseUrl('analytics'),
        KAFKA_BROKERS: infrastructure.brokers.join(),
        SCHEMA_REGISTRY_URL: infrastructure.registryUrl,
        LOG_LEVEL: 'warn',
        STAFF_TOKEN,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const exited = once(service, 'exit');
    try {
      await untilCaughtUp(url, infrastructure, signal);
      return await work(service.pid ?? 0);
    } finally {
      service.kill('SIGTERM');
      await exited;
    }
  }

  await withService(async () => {});
  return {
    replay: () =>
      withService(async (pid) => {
        const { records, seconds } = await replayOnce(url, signal);
        return { records, seconds, memory: await mostMemory(pid) };
      }),
  };
}

/** It has read everything there is, as it tells Kafka. */
async function untilCaughtUp(url: string, { brokers }: Infrastructure, signal: AbortSignal): Promise<void> {
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'bench', log }), log });
  for (const deadline = Date.now() + READY_MS; ; await delay(200, undefined, { signal })) {
    const { status = 0 } = await fetch(`${url}/health/ready`).catch(() => ({}) as Response);
    // Whoever has to know of the group may still be about to find out.
    const lags = status === 200 ? await admin.groupLag('analytics').catch(() => []) : [];
    if (lags.length > 0 && lags.every(({ lag }) => lag === 0n)) return;
    if (Date.now() > deadline) throw new Error(`analytics did not catch up in ${READY_MS / 1_000} s`);
  }
}

/** @throws when what was built is something else than what was live */
async function replayOnce(url: string, signal: AbortSignal): Promise<{ records: number; seconds: number }> {
  const begun = performance.now();
  const response = await fetch(`${url}/replays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${STAFF_TOKEN}` },
    body: '{}',
    signal,
  });
  const told = await response.text();
  const seconds = (performance.now() - begun) / 1_000;
  const records = Number(/"records":(\d+)/.exec(told)?.[1]);
  if (!told.includes('"outcome":"switched"'))
    throw new Error(`The replay ended otherwise: ${told.slice(-2_000)}`);
  return { records, seconds };
}

/** The most that a process ever had, in bytes. */
async function mostMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
