import type { Sample } from './gauges.ts';
import { mean } from './spread.ts';

/**
 * By consumer group: how much its mean lag in the last third of the samples exceeds that in the first third, in seconds
 * of what its topics get. A single sample says little: a group handles chunks, and its lag jumps.
 */
export function lagGrowth(samples: readonly Sample[]): Record<string, number> {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return {};
  const third = Math.ceil(samples.length / 3);
  const seconds = (last.at - first.at) / 1000;
  const growths = Object.keys(last.groups).map((group) => {
    const lags = samples.map(({ groups }) => groups[group]?.lag ?? 0);
    const produced = (last.groups[group]?.produced ?? 0) - (first.groups[group]?.produced ?? 0);
    return [group, (mean(lags.slice(-third)) - mean(lags.slice(0, third))) / (produced / seconds)] as const;
  });
  return Object.fromEntries(growths);
}
