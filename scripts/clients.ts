import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine } from './bench/machine.ts';
import { numberOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { isBad, lineOf, type Row, tablesOf, withTable } from './clients/page.ts';
import { fetchPlainKafkajs } from './clients/plainKafkajs.ts';
import { run } from './clients/run.ts';
import { scenarios } from './clients/scenarios/index.ts';
import { subjects } from './clients/subjects.ts';
import { withCluster } from './clients/withCluster.ts';
import { execute } from './test/execute.ts';

const column = (rows: readonly { name: string; title: string }[]) =>
  rows.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join('\n');

const help = `Judges Kafka clients by what becomes of their records when brokers, members and networks fail.

Usage: npm run clients [-- OPTIONS]

Starts three brokers of its own, and does to all subjects at the same time what a scenario says, while each of them writes
numbered records and reads them as a group. It counts what was acknowledged and never read, what was never answered, what
was handled twice, and what was handled out of the order of its key. All of it takes some 30 minutes, wants the machine
for itself, and writes the tables of docs/clients.md; a part of it only prints its own. The first run gets kafkajs without
Brew's patch from npm.

Subjects:
${column(subjects)}

Scenarios:
${column(scenarios)}

  --only NAME[,…]    these scenarios
  --subject NAME     this subject alone
  --seed N           the moments and the faults of an earlier run (it says which seed it has)

Exit code 1: a client of Brew's lost something, got something out of order, stood still for good, let an error pass or
raised a false alarm.

Examples:
  npm run clients
  npm run clients -- --only leader --seed 7
  npm run clients -- --only frozen,members --subject kafkajs
`;

interface Options {
  only: readonly string[] | undefined;
  subject: string | undefined;
  seed: number;
}

function readOptions(): Options | undefined {
  const values = readFlags({
    only: { type: 'string' },
    subject: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  const only = values.only?.split(',');
  requireKnown('scenario', scenarios, only ?? []);
  requireKnown('subject', subjects, values.subject === undefined ? [] : [values.subject]);
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : numberOption('seed', values.seed, 0);
  return { only, subject: values.subject, seed };
}

function requireKnown(what: string, all: readonly { name: string }[], names: readonly string[]): void {
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  if (unknown === undefined) return;
  throw new Error(`There is no ${what} ${unknown}. Take ${all.map(({ name }) => name).join(', ')}.`);
}

const pageFile = join(import.meta.dirname, '../docs/clients.md');

async function judgeAll({ only, subject, seed }: Options, life: Life): Promise<boolean> {
  const begun = performance.now();
  const say = (what: string) =>
    console.log(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${what}`);
  say(`seed ${seed}`);
  const judged = subjects.filter(({ name }) => subject === undefined || name === subject);
  if (judged.some(({ name }) => name === 'plain')) await fetchPlainKafkajs(say);
  const rows = await withCluster(life, async (cluster, logs) => {
    const done: Row[] = [];
    for (const scenario of scenarios.filter(({ name }) => only?.includes(name) ?? true)) {
      say(`${scenario.name}: ${scenario.title}`);
      const playing = run(scenario, { cluster, subjects: judged, seed, logs, say });
      const results = await life.spend(() => playing);
      done.push({ title: scenario.title, results });
      for (const result of results) say(lineOf(result));
    }
    return done;
  });
  const minutes = Math.round((performance.now() - begun) / 60_000);
  const tables = tablesOf(rows);
  console.log(`\n${tables}`);
  if (only === undefined && subject === undefined) {
    const how = `${new Date().toISOString().slice(0, 10)}, ${machine()}, Node ${process.versions.node}, seed ${seed}, ${minutes} minutes.`;
    await writeFile(pageFile, withTable(await readFile(pageFile, 'utf8'), `${how}\n\n${tables}`));
    await execute(['node_modules/@biomejs/biome/bin/biome', 'format', '--write', pageFile]);
    console.log(`\nIt stands in docs/clients.md now.`);
  }
  return !rows.some(({ results }) => results.some((result) => result.subject.isOurs && isBad(result)));
}

// Also when it is interrupted: what a scenario has begun ends with it.
process.exit(await runBench({ help, readOptions, measure: judgeAll }));
