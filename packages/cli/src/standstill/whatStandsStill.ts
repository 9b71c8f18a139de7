import { describeFate } from '@brew/sandbox';
import { type ClusterOptions, findCluster } from '../cluster.ts';
import { brewDir } from '../paths.ts';
import { DRILL_UNDER_WAY, type ProcessStatus, type Status } from '../status/renderStatus.ts';
import { askBroker, signOf } from '../status/signsOfLife.ts';
import { status } from '../status/status.ts';

/** What a command may wait for in vain, and what to do about it, a line each: of a cluster that somebody named, or of Brew. */
export async function whatStandsStill(options: ClusterOptions): Promise<string[]> {
  if (options.bootstrap === undefined) return standingStill(await status(brewDir()));
  const { cluster } = await findCluster(options);
  const signs = await Promise.all(
    cluster.brokers.map(async (broker) => ({ broker, ...(await signOf(askBroker(broker, cluster))) })),
  );
  return signs.flatMap(({ broker, standsStill }) =>
    standsStill === undefined ? [] : [`${broker}: ${standsStill}`],
  );
}

const fine: readonly ProcessStatus['state'][] = ['running', 'ready', 'degraded'];

export function standingStill({ running, processes, fates, drill }: Status): string[] {
  if (!running) return [];
  const lines = processes
    .filter(({ name, state, replacedBy = state }) => name !== 'brew' && !fine.includes(replacedBy))
    .map(({ name, standsStill }) => {
      const fate = fates[name];
      if (standsStill !== undefined) return `${name}: ${standsStill}`;
      return fate ? describeFate(name, fate) : `${name} does not run. Start it with: npx brew start ${name}`;
    });
  return [...lines, ...(drill ? [DRILL_UNDER_WAY] : [])];
}
