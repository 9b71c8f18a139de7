import { readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from '@brew/postgres';
import { type System, services } from '@brew/sandbox';
import { pino } from 'pino';
import { descendants, memory, processTable } from './processes.ts';

/** What a system holds at one moment. */
export interface Holdings {
  /** Of taking it, in milliseconds since 1970. */
  at: number;
  /** Orders that were placed so far. */
  orders: number;
  /** By process, in bytes. */
  memory: Record<string, number>;
  /** Open files and connections, by process. */
  descriptors: Record<string, number>;
  /** By database and table, indexes included, in bytes. */
  tables: Record<string, number>;
  /** Of all logs, in bytes. */
  logs: number;
}

/** @param logs the folder of logs */
export async function takeStock(system: System, logs: string): Promise<Holdings> {
  const table = processTable();
  const processes = system.processes().map(({ name, pid }) => ({ name, pids: descendants(table, pid) }));
  const sizes = await Promise.all(
    processes.map(async ({ name, pids }) => [name, await memory(pids)] as const),
  );
  return {
    at: Date.now(),
    orders: await placed(system),
    memory: Object.fromEntries(sizes),
    descriptors: Object.fromEntries(
      processes.map(({ name, pids }) => [name, pids.reduce((sum, pid) => sum + descriptorsOf(pid), 0)]),
    ),
    tables: await tablesOf(system),
    logs: await bytesIn(logs),
  };
}

async function placed(system: System): Promise<number> {
  const response = await fetch(`${system.url('analytics')}/reports/funnel`);
  if (!response.ok) throw new Error(`GET /reports/funnel answered ${response.status}.`);
  return ((await response.json()) as { placed: number }).placed;
}

/** 0 for a process that has just ended. */
function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

async function tablesOf(system: System): Promise<Record<string, number>> {
  const found: [string, number][] = [];
  for (const { database } of services) {
    await using db = createDatabase({
      url: system.databaseUrl(database),
      max: 1,
      applicationName: 'bench',
      log: pino({ level: 'silent' }),
    });
    const { rows } = await db.query<{ name: string; bytes: string }>(
      `select coalesce(nullif(nspname, 'public') || '.', '') || relname as name, pg_total_relation_size(pg_class.oid) as bytes
       from pg_class join pg_namespace on pg_namespace.oid = relnamespace
       where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')`,
    );
    found.push(...rows.map(({ name, bytes }): [string, number] => [`${database}.${name}`, Number(bytes)]));
  }
  return Object.fromEntries(found);
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return sizes.reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);
}
