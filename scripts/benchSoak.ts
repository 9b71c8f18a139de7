import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mebibytes, table } from '@brew/cli/text';
import { layout } from '@brew/sandbox';
import { startBench } from './bench/bench.ts';
import { fileOption, numberOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { renderBar } from './bench/report.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { type Holdings, takeStock } from './bench/soak.ts';
import { judgeSoak } from './bench/soakVerdict.ts';
import { verifyLedger } from './bench/verifyLedger.ts';

const help = `Shows whether anything grows while orders flow: memory, descriptors, tables, logs.

Usage: npm run bench:soak [-- OPTIONS]

Starts a system of its own on free ports, in a folder that it removes, with simulated customers, and looks at it
every half minute. What the last third of the time has more than the second is growth; in the first third caches
and compilers settle. It ends with \`brew verify\`.

  --minutes N     how long (60)
  --rate N        orders per second (20)
  --json FILE     write all samples

Exit code 1: something grows, or the ledger has a breach. It reads /proc, so it runs on Linux only.

Examples:
  npm run bench:soak
  npm run bench:soak -- --minutes 10 --rate 5
`;

const EVERY_MS = 30_000;
const say = (line: string) => console.log(line);

interface Options {
  minutes: number;
  rate: number;
  json: string | undefined;
}

function readOptions(): Options | undefined {
  const values = readFlags({
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  return {
    minutes: numberOption('minutes', values.minutes, 3),
    rate: numberOption('rate', values.rate, 0.1),
    json: values.json === undefined ? undefined : fileOption('json', values.json),
  };
}

function renderSample({ at, orders, memory, descriptors, tables, logs }: Holdings, begun: number): string {
  const sum = (of: Record<string, number>) => Object.values(of).reduce((total, each) => total + each, 0);
  const minutes = ((at - begun) / 60_000).toFixed(1);
  return [
    `${minutes.padStart(5)} min`,
    `${orders} orders`,
    `memory ${mebibytes(sum(memory))}`,
    `descriptors ${sum(descriptors)}`,
    `tables ${mebibytes(sum(tables))}`,
    `logs ${mebibytes(logs)}`,
  ].join('   ');
}

/** The beginning, the middle and the end of each process, and the largest tables. */
function renderDetails(samples: readonly Holdings[]): string[] {
  const shown = [
    Math.floor(samples.length / 3),
    Math.floor((2 * samples.length) / 3),
    samples.length - 1,
  ].map((index) => samples[index] as Holdings);
  const last = shown.at(-1) as Holdings;
  const rows = (of: 'memory' | 'tables', names: readonly string[]) =>
    names.map((name) => [name, ...shown.map((sample) => mebibytes(sample[of][name] ?? 0))]);
  const largest = Object.entries(last.tables).sort(([, a], [, b]) => b - a);
  return [
    '',
    ...table(
      [
        ['', 'after a third', 'two thirds', 'the end'],
        ...rows('memory', Object.keys(last.memory)),
        ...rows(
          'tables',
          largest.slice(0, 12).map(([name]) => name),
        ),
      ],
      [1, 2, 3],
    ),
    '',
  ];
}

async function soak({ minutes, rate, json }: Options, { signal, onExit, spend }: Life): Promise<boolean> {
  say('starting a system');
  await using bench = await startBench({ signal, rate, onExit });
  return await spend(async () => {
    const samples: Holdings[] = [];
    const begun = Date.now();
    const count = Math.round((minutes * 60_000) / EVERY_MS);
    for (let index = 1; index <= count; index++) {
      await sleep(begun + index * EVERY_MS - Date.now(), undefined, { signal });
      const sample = await takeStock(bench.system, layout(bench.dir).logs);
      samples.push(sample);
      say(renderSample(sample, begun));
      if (json !== undefined) await writeFile(json, JSON.stringify(samples, null, 2));
    }
    for (const line of renderDetails(samples)) say(line);
    const bars = [...judgeSoak(samples), await verifyLedger(bench)];
    for (const bar of bars) say(renderBar(bar));
    return bars.every(({ met }) => met);
  });
}

process.exit(await runBench({ help, readOptions, measure: soak }));
