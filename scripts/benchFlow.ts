import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultDir, services } from '@brew/sandbox';
import { type Bench, startBench } from './bench/bench.ts';
import { type Driver, startDriver } from './bench/driver.ts';
import { machine } from './bench/machine.ts';
import { choiceOption, fileOption, numberOption } from './bench/optionValues.ts';
import { selfTimes, startProfile } from './bench/profile.ts';
import { readFlags } from './bench/readFlags.ts';
import { rateHead, renderBar, renderRate, renderRun } from './bench/report.ts';
import { type RunResult, run } from './bench/run.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { type Bar, judge, judgePace } from './bench/verdict.ts';
import { verifyLedger } from './bench/verifyLedger.ts';

const help = `Measures how many orders the whole system keeps up with, end to end.

Usage: npm run bench:flow [-- OPTIONS]

Starts a system of its own on free ports, in a folder that it removes, without simulated customers; preparation,
delivery and the payment provider take no time, nobody does wrong, and the shelves are full. Then it sends orders
over all cafes as an open loop (a Poisson process: each at its time, whatever has become of those before), and their
latency counts from the time they were due. It ends with what the bars of promo day say, and with \`brew verify\`.

  --rate N        orders per minute (8000)
  --seconds N     how long to measure (180; with --search, 60 for each rate)
  --warm-up N     seconds at the same rate before that (120: for so long, compilers take their share of the CPU)
  --search        raise the rate by a quarter until it is not kept up with: orders are refused or not delivered, or lag grows
  --profile NAME  profile this service while it is measured: prints the functions with most self time, and writes
                  .brew/NAME.cpuprofile, for any viewer of V8 profiles
  --json FILE     write all numbers

Exit code 1: a bar is missed, or the ledger has a breach. It reads /proc, so it runs on Linux only, and wants the
machine for itself.

Examples:
  npm run bench:flow
  npm run bench:flow -- --rate 600 --seconds 10 --warm-up 5
  npm run bench:flow -- --search --rate 12000
  npm run bench:flow -- --profile order --seconds 30
`;

interface Options {
  rate: number;
  seconds: number;
  warmUpSeconds: number;
  search: boolean;
  profile: string | undefined;
  json: string | undefined;
}

const names = services.map(({ name }) => name);

function readOptions(): Options | undefined {
  const values = readFlags({
    rate: { type: 'string', default: '8000' },
    seconds: { type: 'string' },
    'warm-up': { type: 'string', default: '120' },
    search: { type: 'boolean', default: false },
    profile: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return undefined;
  return {
    rate: numberOption('rate', values.rate, 1),
    seconds: numberOption('seconds', values.seconds ?? (values.search ? '60' : '180'), 5),
    warmUpSeconds: numberOption('warm-up', values['warm-up'], 0),
    search: values.search,
    profile: values.profile === undefined ? undefined : choiceOption('profile', values.profile, names),
    json: values.json === undefined ? undefined : fileOption('json', values.json),
  };
}

const say = (line: string) => console.log(line);

/** @returns what was measured, and whether all that was promised was kept */
async function single(bench: Bench, driver: Driver, options: Options): Promise<[RunResult[], Bar[]]> {
  const { profile } = options;
  const result = await run(bench, driver, {
    ...options,
    say,
    profile: profile === undefined ? undefined : () => profileOf(bench, profile),
  });
  for (const line of renderRun(result)) say(line);
  return [[result], judge(result)];
}

/** Raises the rate until it is not kept up with, however long orders then wait; the first one has to be. */
async function search(bench: Bench, driver: Driver, options: Options): Promise<[RunResult[], Bar[]]> {
  const results: RunResult[] = [];
  const rows: string[] = [];
  for (let rate = options.rate, keptUp = true; keptUp; rate = Math.round(rate * 1.25)) {
    const result = await run(bench, driver, { ...options, rate, say, profile: undefined });
    const bars = judgePace(result);
    keptUp = bars.every(({ met }) => met);
    results.push(result);
    rows.push(renderRate(result, keptUp));
    for (const line of ['', rateHead, ...rows, ...bars.map(renderBar), '']) say(line);
  }
  const highest = results.at(-2);
  const what = 'a rate that is kept up with';
  return [
    results,
    [{ what, met: highest !== undefined, seen: highest ? `${highest.rate} a minute` : 'none' }],
  ];
}

async function profileOf({ system }: Bench, name: string): Promise<() => Promise<void>> {
  const target = system.processes().find((process) => process.name === name);
  if (target === undefined) throw new Error(`There is no process ${name} to profile.`);
  const end = await startProfile(target.pid);
  return async () => {
    const profile = await end();
    await mkdir(defaultDir, { recursive: true });
    const file = join(defaultDir, `${name}.cpuprofile`);
    await writeFile(file, JSON.stringify(profile));
    say(`\nself time of ${name}, of the whole profile in ${file}`);
    for (const { name, percent } of selfTimes(profile).slice(0, 25))
      say(`${percent.toFixed(1).padStart(6)} %  ${name}`);
  };
}

async function bench(options: Options, { signal, onExit, spend }: Life): Promise<boolean> {
  say(`${machine()}; starting a system`);
  await using bench = await startBench({ signal, onExit });
  using driver = startDriver();
  return await spend(async () => {
    const [results, bars] = await (options.search ? search : single)(bench, driver, options);
    bars.push(await verifyLedger(bench));
    for (const bar of bars) say(renderBar(bar));
    if (options.json !== undefined) await writeFile(options.json, JSON.stringify({ results, bars }, null, 2));
    return bars.every(({ met }) => met);
  });
}

process.exit(await runBench({ help, readOptions, measure: bench }));
